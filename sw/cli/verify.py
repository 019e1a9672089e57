"""`metaplast verify`: does a board learn as the contract says? The twin is given the same and everything is compared."""

from typing import Annotated

import numpy as np
import typer

from sw.contract.network import Network
from sw.host import known_boards, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ, predictions_differ
from sw.host.error import MiscountError
from sw.host.learning_device import LearningDevice
from sw.terminal.opening import find_board, read_network
from sw.terminal.options import BoardName, Config, GeometryText, Port
from sw.terminal.progress import Progress
from sw.terminal.speech import say, tell

DIFFERENT = 1


def verify(
    board: BoardName,
    samples: Annotated[int, typer.Option(help="Training samples.", min=1, metavar="N")],
    seed: Annotated[int, typer.Option(help="Seed of the random pixels and labels.", min=0, metavar="S")],
    config: Config = None,
    port: Port = None,
    geometry: GeometryText = None,
) -> None:
    """Train a board and the twin on random samples; compare every prediction, all weights and the state."""
    network = read_network(config) if config else Network.of()
    with find_board(board, port, geometry, network).open(say) as device, known_boards.find("twin").open(say) as twin:
        try:
            difference = first_difference(device, twin, network, samples, seed)
        except MiscountError as error:
            difference = str(error)
    if difference is not None:
        tell(f"different: {difference}")
        raise typer.Exit(DIFFERENT)
    weights = sum(rows * columns for rows, columns in network.shapes)
    typer.echo(f"equal: {samples} predictions, {weights} hidden weights, random word, sample count, signature")


def first_difference(board: LearningDevice, twin: LearningDevice, network: Network, samples: int, seed: int) -> str | None:
    """What differs first after `samples` random samples from `seed`, or None."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 2, (samples, network.layers[0]), dtype=np.uint8)
    labels = random.integers(0, network.layers[-1], samples)
    for device in (board, twin):
        Checkpoint.initial(network).put_on(device)
    with Progress("verifying", samples) as progress:
        trained = (streaming.train(device, pixels, labels, size=streaming.BATCH) for device in (board, twin))
        for ours, theirs in zip(*trained, strict=True):
            difference = predictions_differ(ours, theirs, first=progress.done)
            if difference:
                return difference
            progress.score(ours, labels)
    return devices_differ(board, twin)
