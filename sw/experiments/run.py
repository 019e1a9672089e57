"""The vertical slice, `make run`: a network learns real MNIST on the simulated board, equal to its twin in every bit.

Trains 784-500-10 through host, link and accelerator, tests it, reads everything back over the link, feeds the twin the
same samples and compares. Leaves `results/run.json` and three pictures beside it. Exit status 1 where anything differs.
"""

import shlex
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sw.contract.configuration import tables_of
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.data.stream import sample_order
from sw.experiments.learning import Pass, difference_from_twin, infer, learn
from sw.experiments.results import prepare
from sw.figures import confusion, hidden_weights, prequential, style
from sw.files.output import write_json
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import Labels, Predictions
from sw.terminal.application import alone
from sw.terminal.opening import find_board, read_network
from sw.terminal.options import Config, GeometryText
from sw.terminal.run import run
from sw.terminal.speech import say, tell

RESULT = Path("results/run.json")
PICTURES = ("-prequential", "-confusion", "-hidden-weights")  # what `draw` adds to the name of the result
TEST_SAMPLES = 2000
PIXELS = 784
CLASSES = 10
DIFFERENT = 1


def experiment(
    samples: Annotated[int, typer.Option(help="Training samples, 1 to 60000.", min=1)] = 10_000,
    seed: Annotated[int | None, typer.Option(help="Seed of the order of the samples; file order by default.")] = None,
    config: Config = None,
    board: Annotated[str, typer.Option(envvar="BOARD", help="A name that `metaplast boards` lists.")] = "sim",
    port: Annotated[str | None, typer.Option(envvar="PORT", help="Serial port of the board.")] = None,
    geometry: GeometryText = None,
    json: Annotated[Path, typer.Option(help="Where the result goes; pictures lie beside it.")] = RESULT,
) -> int:
    """Learn MNIST on a board, compare everything with the twin, write numbers and pictures."""
    began = time.monotonic()
    network = read_network(config) if config else Network.of()
    if network.layers[0] != PIXELS or network.layers[-1] != CLASSES:
        raise InputError(f"layers is {list(network.layers)}, expected {PIXELS} inputs and {CLASSES} classes for MNIST")
    chosen = find_board(board or "sim", port or None, geometry, network)
    prepare(json, PICTURES, config=config)

    say("1/5 reading MNIST, one bit a pixel")
    pixels, labels = load_packed("train")
    order = sample_order(len(pixels), samples=samples, shuffle=seed)
    pixels, labels = pixels[order], labels[order]
    test_pixels, test_labels = (part[:TEST_SAMPLES] for part in load_packed("test"))

    say(f"2/5 opening the board {board}")
    start = Checkpoint.initial(network)
    with chosen.open(say) as device:
        say(f"3/5 training {'-'.join(map(str, network.layers))}: predict, then learn, one sample at a time")
        trained = learn(device, start, pixels, labels, "training")
        tested = infer(device, test_pixels, test_labels, "testing")
        say("4/5 reading the state back and feeding the twin the same samples")
        end = Checkpoint.of(device, network)
        difference = difference_from_twin(device, trained, start, pixels, labels, say, (test_pixels, tested))

    say(f"5/5 writing {json} and pictures")
    result: dict[str, Any] = {
        "samples": samples,
        "prequential_accuracy": float((trained.predictions == labels).mean()),
        "test_accuracy": float((tested == test_labels).mean()),
        "test_samples": len(test_labels),
        "twin_equal": difference is None,
        "difference": difference,
        "samples_compared": samples,
        "samples_per_second": round(trained.samples_per_second, 2),
        "cycles_per_sample": trained.cycles_per_sample,
        "cycles_by_term": trained.cycles(),
        "counters": trained.counters,
        "weights_crc32": end.weights_crc32,
        "binary_weights_flipped": [
            hidden_weights.flipped(old, new) for old, new in zip(start.weights, end.weights, strict=True)
        ],
        "training_seconds": round(trained.seconds, 3),
        "seconds": round(time.monotonic() - began, 3),
        "board": chosen.name,
        "shuffle": seed,
        "config": tables_of(network),
        "command": shlex.join(["python", "-m", "sw.experiments.run", *sys.argv[1:]]),
    }
    write_json(json, result)
    draw(json, start, end, trained, labels, tested, test_labels)
    tell(
        f"{samples} samples, prequential accuracy {result['prequential_accuracy']:.2%}, "
        f"test accuracy {result['test_accuracy']:.2%}, {f'DIFFERENT: {difference}' if difference else 'twin equal'}"
    )
    return DIFFERENT if difference else 0


def draw(
    beside: Path,
    start: Checkpoint,
    end: Checkpoint,
    trained: Pass,
    labels: Labels,
    tested: Predictions,
    test_labels: Labels,
) -> None:
    """The three pictures, named after the result that they lie beside."""
    accuracy = float(np.mean(tested == test_labels))
    figures = (
        prequential.draw(trained.predictions == labels, accuracy),
        confusion.draw(test_labels, tested, end.network.layers[-1]),
        hidden_weights.draw(start.weights, end.weights),
    )
    for stem, figure in zip(PICTURES, figures, strict=True):
        style.save(figure, beside.with_name(f"{beside.stem}{stem}"))


def main() -> None:
    """`python -m sw.experiments.run`."""
    sys.exit(run(alone(experiment)))


if __name__ == "__main__":
    main()
