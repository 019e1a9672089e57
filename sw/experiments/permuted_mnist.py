"""Permuted MNIST on the twin: a new permutation of the pixels for each task, and nobody tells the network.

Task 0 is MNIST as it is. Each task is one pass over the training set; after each, every task is tested.
"""

import shlex
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sw.contract.configuration import tables_of
from sw.contract.network import Network
from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.experiments.metrics import summary
from sw.experiments.results import prepare
from sw.experiments.run import CLASSES, PIXELS
from sw.figures import accuracy_matrix, style
from sw.files.output import write_json
from sw.host import boards, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import Bits, Labels, LearningDevice
from sw.terminal.application import alone
from sw.terminal.opening import read_network
from sw.terminal.options import Config
from sw.terminal.progress import Progress
from sw.terminal.run import run
from sw.terminal.speech import say, tell

RESULT = Path("results/permuted-mnist.json")


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Every seed of a run, drawn from one: initial weights, random word, each task's permutation and sample order."""

    init_seed: int
    prng: int
    permutations: list[int | None]
    orders: list[int]

    @classmethod
    def of(cls, seed: int, tasks: int) -> "Seeds":
        """Task by task, so that a longer stream begins like a shorter one."""
        random = np.random.default_rng(seed)
        init_seed, prng = (int(random.integers(1, 2**32)) for _ in range(2))
        pairs = random.integers(2**32, size=(tasks, 2)).tolist()
        permutations = [None, *(permutation for permutation, _ in pairs[1:])]
        return cls(init_seed=init_seed, prng=prng, permutations=permutations, orders=[order for _, order in pairs])


def experiment(
    tasks: Annotated[int, typer.Option(help="Tasks, one pass each.", min=1, metavar="T")] = 10,
    last: Annotated[int | None, typer.Option(help="The accuracy is over the last K tasks; all.", metavar="K")] = None,
    samples: Annotated[int | None, typer.Option(help="Training samples of each task; all.", min=1, metavar="N")] = None,
    seed: Annotated[int, typer.Option(help="All randomness comes from it.", min=0, metavar="S")] = 1,
    config: Config = None,
    json: Annotated[Path, typer.Option(help="Where the result goes; a picture lies beside it.", metavar="F")] = RESULT,
) -> int:
    """Learn permuted MNIST, task after task, and test all tasks after each."""
    began = time.monotonic()
    last = tasks if last is None else last
    if not 1 <= last <= tasks:
        raise InputError(f"--last is {last}, expected 1 to {tasks}, the number of tasks")
    network = read_network(config) if config else Network.of()
    if network.layers[0] != PIXELS or network.layers[-1] != CLASSES:
        raise InputError(f"layers is {list(network.layers)}, expected {PIXELS} inputs and {CLASSES} classes for MNIST")
    prepare(json, ["-matrix"], config=config)
    train, test = load_packed("train"), load_packed("test")
    if samples is not None and samples > len(train[1]):
        raise InputError(f"--samples is {samples}, expected at most {len(train[1])}")
    seeds = Seeds.of(seed, tasks)
    network = replace(network, init_seed=seeds.init_seed, prng=seeds.prng)
    with boards.find("twin").open(say) as device:
        Checkpoint.initial(network).put_on(device)
        matrix = [learn_task(device, i, train, test, seeds, samples) for i in range(tasks)]
    result = {
        **summary(np.array(matrix), last),
        "matrix": matrix,
        "tasks": tasks,
        "last": last,
        "samples": len(train[1]) if samples is None else samples,
        "test_samples": len(test[1]),
        "seed": seed,
        "config": tables_of(network),
        "seconds": round(time.monotonic() - began, 1),
        "command": shlex.join(["metaplast", "experiment", "permuted-mnist", *_options(sys.argv)]),
    }
    write_json(json, result)
    style.save(accuracy_matrix.draw(np.array(matrix)), json.with_name(f"{json.stem}-matrix"))
    tell(
        f"{tasks} tasks: accuracy of the last {last} at the end {result['accuracy']:.2%}, "
        f"of each when new {result['accuracy_when_new']:.2%}"
    )
    return 0


def learn_task(
    device: LearningDevice,
    task: int,
    train: tuple[Bits, Labels],
    test: tuple[Bits, Labels],
    seeds: Seeds,
    samples: int | None,
) -> list[float]:
    """One pass over a task; the accuracy of every task afterwards, those still to come included."""
    pixels, labels = train
    order = np.random.default_rng(seeds.orders[task]).permutation(len(labels))[:samples]
    pixels, labels = permute(pixels[order], seeds.permutations[task]), labels[order]
    with Progress(f"task {task}", len(labels)) as progress:
        for predictions in streaming.train(device, pixels, labels):
            truth = labels[progress.done : progress.done + len(predictions)]
            progress.advance(len(predictions), int((predictions == truth).sum()))
    row = [float((device.infer(permute(test[0], p)) == test[1]).mean()) for p in seeds.permutations]
    say(f"task {task}: {row[task]:.2%} when new, {np.mean(row[: task + 1]):.2%} of all so far")
    return row


def _options(words: list[str]) -> list[str]:
    """The options of this experiment in a command line that named it, or that ran this module."""
    return words[words.index("permuted-mnist") + 1 :] if "permuted-mnist" in words else words[1:]


def main() -> None:
    """`python -m sw.experiments.permuted_mnist`."""
    sys.exit(run(alone(experiment)))


if __name__ == "__main__":
    main()
