"""Permuted MNIST on any board: a new permutation of the pixels for each task, and nobody tells the network.

Task 0 is MNIST as it is. Each task is one pass over the training set, in an order of its own; after each, every task is
tested. With `--play` the board has the samples in its own memory, in one order for all tasks, and is sent a permutation a task.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sw.contract.configuration import tables_of
from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.experiments.learner import Learner, configured
from sw.experiments.library import Library, Samples
from sw.experiments.metrics import summary
from sw.experiments.results import ResultFile
from sw.experiments.seeds import Seeds
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import LearningDevice
from sw.terminal.opening import find_board
from sw.terminal.options import (
    Config,
    GeometryText,
    Port,
    RehearsalEvery,
    RehearsalHorizon,
    RehearsalPer,
    RehearsalPrng,
    RehearsalSize,
)
from sw.terminal.speech import say, tell


def experiment(
    tasks: Annotated[int, typer.Option(help="Tasks, one pass each.", min=1, metavar="T")] = 10,
    last: Annotated[int | None, typer.Option(help="The accuracy is over the last K tasks; all.", metavar="K")] = None,
    samples: Annotated[int | None, typer.Option(help="Training samples of each task; all.", min=1, metavar="N")] = None,
    seed: Annotated[int, typer.Option(help="All randomness comes from it.", min=0, metavar="S")] = 1,
    config: Config = None,
    board: Annotated[str, typer.Option(help="A name that `metaplast boards` lists.", metavar="B")] = "twin",
    port: Port = None,
    geometry: GeometryText = None,
    play: Annotated[
        bool, typer.Option("--play", help="The board plays the samples: sent once, in one order for all tasks.")
    ] = False,
    rehearsal: RehearsalSize = None,
    rehearsal_every: RehearsalEvery = None,
    rehearsal_per: RehearsalPer = None,
    rehearsal_horizon: RehearsalHorizon = None,
    rehearsal_prng: RehearsalPrng = None,
    json: Annotated[Path | None, typer.Option(help="Where the result goes; a picture lies beside it.", metavar="F")] = None,
) -> int:
    """Learn permuted MNIST, task after task, and test all tasks after each."""
    last = tasks if last is None else last
    if not 1 <= last <= tasks:
        raise InputError(f"--last is {last}, expected 1 to {tasks}, the number of tasks")
    options = rehearsal, rehearsal_every, rehearsal_per, rehearsal_horizon, rehearsal_prng
    network, rehearsed = configured(config, *options)
    chosen = find_board(board, port, geometry, network)
    result = ResultFile.prepared("permuted-mnist", json, ["-matrix"], config=config)
    train, test = load_packed("train"), load_packed("test")
    if samples is not None and samples > len(train[1]):
        raise InputError(f"--samples is {samples}, expected at most {len(train[1])}")
    seeds = Seeds.of(seed, tasks)
    network = replace(network, init_seed=seeds.init_seed, prng=seeds.prng)
    with chosen.open(say) as device:
        if play and not device.sample_memory:
            raise InputError(f"the board {board} has no sample memory to play from: leave --play away")
        learner = Learner(device, Checkpoint.initial(network).rehearsing(rehearsed))
        if play:
            matrix = play_tasks(device, train, test, seeds, samples)
        else:
            matrix = [learn_task(learner, i, train, test, seeds, samples) for i in range(tasks)]
    metrics = summary(np.array(matrix), last)
    result.write(
        {
            **metrics,
            "matrix": matrix,
            "tasks": tasks,
            "last": last,
            "samples": len(train[1]) if samples is None else samples,
            "test_samples": len(test[1]),
            "played": play,
            "rehearsed_by": learner.rehearsed_by,
            "seed": seed,
            "config": tables_of(network, rehearsed),
        }
    )
    tell(
        f"{tasks} tasks: accuracy of the last {last} at the end {metrics['accuracy']:.2%}, "
        f"of each when new {metrics['accuracy_when_new']:.2%}"
    )
    return 0


def learn_task(
    learner: Learner,
    task: int,
    train: Samples,
    test: Samples,
    seeds: Seeds,
    samples: int | None,
) -> list[float]:
    """One pass over a task; the accuracy of every task afterwards, those still to come included."""
    pixels, labels = train
    order = np.random.default_rng(seeds.orders[task]).permutation(len(labels))[:samples]
    learner.learn(f"task {task}", permute(pixels[order], seeds.permutations[task]), labels[order])
    row = [float((learner.device.infer(permute(test[0], p)) == test[1]).mean()) for p in seeds.permutations]
    tell_task(task, row)
    return row


def play_tasks(device: LearningDevice, train: Samples, test: Samples, seeds: Seeds, samples: int | None) -> list[list[float]]:
    """All tasks out of the board's memory, in the order of the first; the accuracies after each. Raises `ContractError` where
    there is no room for the samples."""
    pixels, labels = train
    order = np.random.default_rng(seeds.orders[0]).permutation(len(labels))[:samples]
    assert device.memory is not None
    library = Library(device.memory, (pixels[order], labels[order]), test)
    matrix = []
    for task, permutation in enumerate(seeds.permutations):
        library.learn(f"task {task}", 0, len(order), permutation)
        row = [float(library.right(p).sum() / len(test[1])) for p in seeds.permutations]
        tell_task(task, row)
        matrix.append(row)
    return matrix


def tell_task(task: int, row: list[float]) -> None:
    """What was learned of a task and what is left of those before, from the accuracies after it."""
    say(f"task {task}: {row[task]:.2%} when new, {np.mean(row[: task + 1]):.2%} of all so far")
