"""Classes that come one after the other with nothing stored: `prototypes` on split MNIST, by the rows that a class has."""

import signal
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from sw.cluster.workers import Workers
from sw.contract.error import require
from sw.experiments.continual.options import FirstSeed, Json, SeedCount
from sw.experiments.continual.prototypes import PrototypeRows, Settings, hidden_signs
from sw.experiments.continual.scale import parse_sizes
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.streams import class_incremental
from sw.experiments.metrics import in_per_cent, spread
from sw.experiments.results import UNFINISHED, ResultFile
from sw.experiments.seeds import Seeds
from sw.host.interruption import Interrupted
from sw.terminal.options import SchedulerAddress, WorkerCount
from sw.terminal.speech import tell

Run = dict[str, Any]


class Point(NamedTuple):
    """A network: `hidden` neurons, at most `rows` output rows a class."""

    hidden: int
    rows: int

    def __str__(self) -> str:
        return f"{self.hidden} hidden neurons, {self.rows} rows a class"


class Part(NamedTuple):
    """One run."""

    point: Point
    seed: int

    def __str__(self) -> str:
        return f"{self.point}, seed {self.seed}"


def experiment(
    tasks: Annotated[int, typer.Option(help="Tasks: 5 for two classes at a time.", min=1, metavar="N")] = 5,
    hidden: Annotated[str, typer.Option(help="Neurons of the hidden layer.", metavar="N,N,...")] = "500",
    rows: Annotated[str, typer.Option(help="Most output rows of a class.", metavar="R,R,...")] = "1,10,50",
    near: Annotated[float, typer.Option(help="Share of hidden neurons that agree with a near row.", min=0, max=1)] = 0.8,
    rate: Annotated[float, typer.Option(help="learning_rate of the rows.", min=0)] = 1.0,
    metaplasticity: Annotated[float, typer.Option(help="m of the rows.", min=0)] = 8.0,
    start: Annotated[int, typer.Option(help="Level of a new row.", min=0, max=127)] = 0,
    validation: Annotated[
        bool, typer.Option("--validation", help="Test on the last 10,000 training samples, which are not learned.")
    ] = False,
    seeds: SeedCount = 3,
    seed: FirstSeed = 1,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
    json: Json = None,
) -> int:
    """Split MNIST on ten outputs, nothing stored, the hidden layer fixed: accuracy against the output rows of a class."""
    settings = Settings(near=near, learning_rate=rate, metaplasticity=metaplasticity, start=start)
    points = [Point(n, most) for n in parse_sizes("--hidden", hidden) for most in parse_sizes("--rows", rows)]
    require(all(point.rows > 0 for point in points), f"--rows is {rows}, expected at least one row a class")
    for point in points:
        settings.network(point.hidden, 1)  # refused before anything is learned
    who = Workers(count=workers, scheduler=scheduler)
    result = ResultFile.prepared("prototype-rows", json)
    seeds_of = range(seed, seed + seeds)
    size = {"tasks": tasks, "seeds": list(seeds_of), "validation": validation, "settings": asdict(settings)}
    parts = {Part(point, one): (settings, *point, tasks, one, validation) for point in points for one in seeds_of}
    done: dict[Part, Run] = {}
    failed: list[Exception] = []
    try:
        for outcome in who.each(run, parts, "runs"):
            if outcome.value is None:
                assert outcome.error is not None
                failed.append(outcome.error)
                continue
            done[outcome.name] = outcome.value
            to_come = [str(part) for part in parts if part not in done]
            by = by_rows(parts, done)
            result.keep(size | {"by_rows": by} | ({UNFINISHED: to_come} if to_come else {}))
            if (name := str(outcome.name.point)) in by:
                tell(f"{name}: {in_per_cent(by[name]['accuracy'])}")
    except KeyboardInterrupt as error:
        there = f"{len(done)} of {len(parts)} runs are in {result.path}" if done else "nothing was written"
        raise Interrupted(f"interrupted: {there}", signal.SIGINT) from error
    if failed:
        raise failed[0]
    return 0


def by_rows(parts: Mapping[Part, Any], done: Mapping[Part, Run]) -> dict[str, Any]:
    """The points of `parts` whose runs are all `done`, in their order, whatever came first."""
    found = {}
    for point in dict.fromkeys(part.point for part in parts):
        runs = [done.get(part) for part in parts if part.point == point]
        whole = [one for one in runs if one is not None]
        if len(whole) == len(runs):
            found[str(point)] = {name: spread([one[name] for one in whole]) for name in ("accuracy", "rows")} | {"runs": whole}
    return found


def run(settings: Settings, hidden: int, most: int, tasks: int, seed: int, validation: bool) -> dict[str, Any]:
    """One stream: the accuracy on all ten classes at its end, and how many rows were taken in all."""
    began = time.monotonic()
    stream = class_incremental(Sources(validation=validation), tasks, seed)
    seeds = Seeds.of(seed, 1)
    network = settings.network(hidden, seeds.init_seed)
    machine = PrototypeRows(settings, hidden, most, np.random.default_rng(seeds.prng))
    for task in stream.tasks:
        inputs, labels = task.training(None)
        for sample, label in zip(hidden_signs(network, inputs), labels, strict=True):
            machine.learn(sample, int(label))
    assert stream.held_out is not None
    inputs, labels = stream.held_out
    accuracy = float((machine.predictions(hidden_signs(network, inputs)) == labels).mean())
    seconds = round(time.monotonic() - began, 1)
    return {"seed": seed, "accuracy": accuracy, "rows": int(machine.used.sum()), "seconds": seconds}
