"""`make run`: two tasks in turn on the simulated board, equal to its twin in every bit, and what is kept of the first.

Trains 784-500-10 through host, link and accelerator on the stream of `two_tasks`, tests both tasks, reads everything back
over the link, feeds the twin the same samples and compares. The twin then learns the stream once more without the metaplastic
rule (m = 0, all else the same). Leaves `results/run.json` and pictures beside it. Exit status 1 where anything differs.
"""

import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sw.contract.configuration import tables_of
from sw.contract.network import Network
from sw.experiments.learner import check_is_for_mnist
from sw.experiments.learning import infer, learn
from sw.experiments.program import main
from sw.experiments.results import prepare
from sw.experiments.retention import follow
from sw.experiments.run_report import PICTURES, Done, draw, numbers, table
from sw.experiments.two_tasks import TwoTasks
from sw.files.output import write_json
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ, predictions_differ
from sw.host.learning_device import LearningDevice
from sw.terminal.opening import find_board, read_network
from sw.terminal.options import Config, GeometryText
from sw.terminal.speech import say, tell, tell_table

RESULT = Path("results/run.json")
TEST_SAMPLES = 2000  # of each task
DIFFERENT = 1


def experiment(
    samples: Annotated[int, typer.Option(help="Training samples of both tasks together, 2 to 60000.", min=2)] = 12_000,
    seed: Annotated[int | None, typer.Option(help="Seed of the order of the samples; file order by default.")] = None,
    config: Config = None,
    board: Annotated[str, typer.Option(envvar="BOARD", help="A name that `metaplast boards` lists.")] = "sim",
    port: Annotated[str | None, typer.Option(envvar="PORT", help="Serial port of the board.")] = None,
    geometry: GeometryText = None,
    json: Annotated[Path, typer.Option(help="Where the result goes; pictures lie beside it.")] = RESULT,
) -> int:
    """Learn two tasks in turn on a board, compare everything with the twin, write numbers and pictures."""
    began = time.monotonic()
    network = read_network(config) if config else Network.of()
    check_is_for_mnist(network)
    chosen = find_board(board or "sim", port or None, geometry, network)
    prepare(json, PICTURES, config=config)

    say("1/6 reading MNIST, one bit a pixel")
    stream = TwoTasks.of_mnist(samples, seed, TEST_SAMPLES)
    say(f"2/6 opening the board {board}")
    with chosen.open(say) as device:
        done = learn_and_compare(device, network, stream)
    say(f"6/6 writing {json} and pictures")
    result = {
        **numbers(stream, done),
        "training_seconds": round(done.trained.seconds, 3),
        "seconds": round(time.monotonic() - began, 3),
        "board": chosen.name,
        "shuffle": seed,
        "config": tables_of(network),
        "command": shlex.join(["python", "-m", "sw.experiments.run", *sys.argv[1:]]),
    }
    write_json(json, result)
    draw(json, stream, done)
    tell_table(table(result["tasks"]))
    tell(
        f"{samples} samples, prequential accuracy {result['prequential_accuracy']:.2%}, "
        f"test accuracy of both tasks at the end {result['test_accuracy']:.2%}, "
        f"{f'DIFFERENT: {done.difference}' if done.difference else 'twin equal'}"
    )
    return DIFFERENT if done.difference else 0


def learn_and_compare(device: LearningDevice, network: Network, stream: TwoTasks) -> Done:
    """The stream on the device, on the twin, and on the twin without the rule."""
    start = Checkpoint.initial(network)
    say(f"3/6 training {'-'.join(map(str, network.layers))}: predict, then learn, one sample at a time, two tasks in turn")
    trained = learn(device, start, stream.pixels, stream.labels, "training")
    tested = infer(device, *stream.tests, "testing")
    with known_boards.find("twin").open(say) as twin:
        say("4/6 reading the state back and feeding the twin the same samples")
        end = Checkpoint.of(device, network)
        kept = follow(twin, start, stream, "comparing with the twin")
        difference = predictions_differ(trained.predictions, kept.predictions)
        if difference is None and (wrong := predictions_differ(tested, twin.infer(stream.tests[0]))):
            difference = f"in the test, {wrong}"
        difference = difference or devices_differ(device, twin)
        say("5/6 the same stream without the metaplastic rule, on the twin")
        plain = replace(network, metaplasticity=(0.0,) * network.depth)
        without = follow(twin, Checkpoint.initial(plain), stream, "without the rule")
    return Done(start=start, end=end, trained=trained, tested=tested, difference=difference, kept=kept, without=without)


if __name__ == "__main__":
    main(experiment)
