"""A network on a board that learns task after task, with what it rehearses."""

from pathlib import Path

from sw.contract.network import Network
from sw.contract.rehearsal import NONE, Rehearsal
from sw.host import streaming
from sw.host.carrier import Carrier
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import Bits, Labels, LearningDevice
from sw.terminal.opening import read_configuration, rehearsal_asked
from sw.terminal.progress import Progress

PIXELS, CLASSES = 784, 10  # of MNIST


class Learner:
    """`device`, which takes on the state `start`."""

    def __init__(self, device: LearningDevice, start: Checkpoint) -> None:
        self.device = device
        start.put_on(device)
        self._carrier = Carrier(device, start.reservoir)

    @property
    def rehearsed_by(self) -> str | None:
        """Who keeps the samples that are rehearsed: "board", "host", or None where nothing is rehearsed."""
        return self._carrier.who

    def learn(self, what: str, pixels: Bits, labels: Labels) -> None:
        """Predict, then learn, each sample once, in order; `what` stands beside the progress."""
        with Progress(what, len(labels)) as progress:
            for predictions in streaming.train(self.device, pixels, labels, rehearser=self._carrier.rehearser):
                progress.score(predictions, labels)


def configured(config: Path | None, *options: int | None) -> tuple[Network, Rehearsal]:
    """The network for MNIST of a file, or the default one, and its rehearsal with the options of `rehearsal_asked` over it."""
    network, rehearsal = read_configuration(config) if config else (Network.of(), NONE)
    check_is_for_mnist(network)
    return network, rehearsal_asked(rehearsal, *options)


def check_is_for_mnist(network: Network) -> None:
    """Raise `InputError` unless a network takes MNIST's images and has its classes."""
    if network.layers[0] != PIXELS or network.layers[-1] != CLASSES:
        raise InputError(f"layers is {list(network.layers)}, expected {PIXELS} inputs and {CLASSES} classes for MNIST")
