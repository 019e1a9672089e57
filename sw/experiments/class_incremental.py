"""Classes that come one after the other: MNIST, some digits at a time, in ascending order, each sample once, ten outputs.

A board with a sample memory is sent all samples once and plays them, those of the tests too.

At the end all ten classes of the test set are asked for. Nobody tells the network which ones it has seen.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from sw.contract.configuration import tables_of
from sw.data.mnist import load_packed
from sw.experiments.learner import CLASSES, Learner, configured
from sw.experiments.library import Library
from sw.experiments.results import ResultFile
from sw.experiments.seeds import Seeds
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import Labels
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
    classes_per_step: Annotated[int, typer.Option(help="Classes that come together.", metavar="C")] = 2,
    samples: Annotated[int | None, typer.Option(help="Training samples of each step; all.", min=1, metavar="N")] = None,
    seed: Annotated[int, typer.Option(help="All randomness comes from it.", min=0, metavar="S")] = 1,
    config: Config = None,
    board: Annotated[str, typer.Option(help="A name that `metaplast boards` lists.", metavar="B")] = "compiled",
    port: Port = None,
    geometry: GeometryText = None,
    rehearsal: RehearsalSize = None,
    rehearsal_every: RehearsalEvery = None,
    rehearsal_per: RehearsalPer = None,
    rehearsal_horizon: RehearsalHorizon = None,
    rehearsal_prng: RehearsalPrng = None,
    json: Annotated[Path | None, typer.Option(help="Where the result goes.", metavar="F")] = None,
) -> int:
    """Learn the ten digits, some at a time, and test all of them at the end."""
    if not 1 <= classes_per_step <= CLASSES:
        raise InputError(f"--classes-per-step is {classes_per_step}, expected 1 to {CLASSES}")
    options = rehearsal, rehearsal_every, rehearsal_per, rehearsal_horizon, rehearsal_prng
    network, rehearsed = configured(config, *options)
    chosen = find_board(board, port, geometry, network)
    result = ResultFile.prepared("class-incremental", json, [], config=config)
    (pixels, labels), (test_pixels, test_labels) = load_packed("train"), load_packed("test")
    steps = order_of_steps(labels, classes_per_step, samples, seed)
    seeds = Seeds.of(seed, 1)
    network = replace(network, init_seed=seeds.init_seed, prng=seeds.prng)
    with chosen.open(say) as device:
        learner = Learner(device, Checkpoint.initial(network).rehearsing(rehearsed))
        order = np.concatenate(steps)
        library = Library.of(device, (pixels[order], labels[order]), (test_pixels, test_labels))
        there, done, after = np.bincount(test_labels), 0, []
        for first, step in zip(range(0, CLASSES, classes_per_step), steps, strict=True):
            classes = list(range(first, min(first + classes_per_step, CLASSES)))
            what = f"classes {', '.join(map(str, classes))}"
            if library is None:
                learner.learn(what, pixels[step], labels[step])
                right = np.bincount(test_labels[device.infer(test_pixels) == test_labels], minlength=CLASSES)
            else:
                library.learn(what, done, len(step))
                right = library.right()
            done += len(step)
            after.append((right / there).tolist())
            so_far = slice(classes[-1] + 1)
            say(f"after class {classes[-1]}: {right[so_far].sum() / there[so_far].sum():.2%} of the classes so far")
    accuracy = float(right.sum() / len(test_labels))
    result.write(
        {
            "accuracy": accuracy,
            "accuracy_by_class": after[-1],
            "accuracy_after_each_step": after,
            "classes_per_step": classes_per_step,
            "samples": sum(map(len, steps)),
            "test_samples": len(test_labels),
            "played": library is not None,
            "rehearsed_by": learner.rehearsed_by,
            "seed": seed,
            "config": tables_of(network, rehearsed),
        }
    )
    tell(f"all ten classes at the end: {accuracy:.2%}")
    return 0


def order_of_steps(labels: Labels, classes_per_step: int, samples: int | None, seed: int) -> list[NDArray[np.int64]]:
    """Indices of the training samples of each step, shuffled within it; the first `samples` of each.

    Raises `InputError` for more than a step has.
    """
    random = np.random.default_rng(seed)
    count = -(-CLASSES // classes_per_step)
    steps = [random.permutation(np.flatnonzero(labels // classes_per_step == i)) for i in range(count)]
    fewest = min(map(len, steps))
    if samples is not None and samples > fewest:
        raise InputError(f"--samples is {samples}, expected at most {fewest}, the samples of the smallest step")
    return [step[:samples] for step in steps]
