"""The full-size simulated board: speed, cycles of a training sample by term, every bit equal to the twin's, samples alone."""

from collections.abc import Callable

from sw.contract.board_table import ECP5_85F
from sw.contract.cost import forward_cost
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.learning import Pass, difference_from_twin, learn_from_memory, since, working
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.error import BoardError
from sw.host.learning_device import LearningDevice
from sw.terminal.speech import say

SAMPLES = 60_000  # a pass of MNIST: the first samples learn more than the average
INFERENCE = "the formula of inference: learning comes on top"
REQUIRED_PER_SECOND = 200.0
ALONE = 50  # samples, each sent when the one before is answered


def simulated() -> Entries:
    """samples_compared, simulated_samples_per_second, cycles_per_training_sample and its terms, lone_sample_cycles_…."""
    network = Network.of()
    pixels, labels = (part[:SAMPLES] for part in load_packed("train"))
    start = Checkpoint.initial(network)
    with known_boards.find("sim").open(say) as device:
        trained = learn_from_memory(device, start, pixels, labels, "training on sim")
        difference = difference_from_twin(device, trained, start, pixels, labels, say)
        inferred = cycles_alone(device, lambda i: device.infer(pixels[i : i + 1]))
        learned = cycles_alone(device, lambda i: device.train(pixels[i : i + 1], labels[i : i + 1]))
    if difference is not None:
        raise BoardError(f"the simulated board differs from the twin: {difference}")
    return entries_of(trained, network) | alone(network, inferred, learned)


def cycles_alone(device: LearningDevice, send: Callable[[int], object]) -> float:
    """Mean cycles of the array for `ALONE` samples, of which `send(i)` sends one and waits for its answer."""
    before = device.counters()
    for i in range(ALONE):
        send(i)
    return sum(working(since(before, device.counters())).values()) / ALONE


def alone(network: Network, inferred: float, learned: float) -> Entries:
    """The latency of one sample in the array: its pixels are there, its prediction leaves or it has been learned."""
    formula = forward_cost(network, ECP5_85F).total
    told = {"inference": (inferred, "the formula, exact: that of the machine without groups"), "training": (learned, INFERENCE)}
    return {
        f"lone_sample_cycles_{work}": Entry(
            value=cycles,
            unit=f"cycles, mean of {ALONE} samples that come alone after a pass",
            bound=formula,
            bound_is=bound_is,
            command=command_of("simulated"),
        )
        for work, (cycles, bound_is) in told.items()
    }


def tokens_of(network: Network, *, learned: float, rows_learned: float) -> dict[str, float]:
    """Tokens that the array has to be given for a sample of a full group, of a network of two layers.

    `learned` of the samples are, which have errors in two rows of the last layer: of the right class and of the rival; a sample
    changes `rows_learned` rows. Rows that are read again are left out.
    """
    geometry = ECP5_85F
    (hidden, inputs), (classes, _) = network.shapes
    folds, words = geometry.folds_of(hidden), geometry.words_of(hidden)
    return {
        "LOAD": geometry.words_of(inputs) + words,
        "FORWARD": hidden * geometry.folds_of(inputs) / geometry.group + classes * folds,
        "backward": learned * geometry.slices * (folds * (1 + 2) + words),
        "LEARN": rows_learned * geometry.slices,
    }


def entries_of(trained: Pass, network: Network) -> Entries:
    """The lines of the file for a pass that was found equal."""
    command = command_of("simulated")
    learned, rows_learned = (trained.counters[name] / trained.samples for name in ("learned", "rows_learned"))
    tokens = tokens_of(network, learned=learned, rows_learned=rows_learned)
    entries = {
        "samples_compared": Entry(
            value=trained.samples,
            unit="training samples equal to the twin's in every bit",
            bound=SAMPLES,
            bound_is="at least",
            command=command,
        ),
        "simulated_samples_per_second": Entry(
            value=round(trained.samples_per_second, 1),
            unit="training samples/s",
            bound=REQUIRED_PER_SECOND,
            bound_is="at least, on one core",
            command=command,
        ),
        "cycles_per_training_sample": Entry(
            value=trained.cycles_per_sample,
            unit="cycles",
            bound=sum(tokens.values()),
            bound_is=f"at best, a token a cycle: {', '.join(f'{count:.4g} {name}' for name, count in tokens.items())}",
            command=command,
        ),
    }
    for name, cycles in trained.cycles().items():
        entries[name] = Entry(
            value=cycles, unit="cycles/training sample", bound=None, bound_is="a term of the sum", command=command
        )
    return entries
