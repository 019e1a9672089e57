"""The runs of one plan or several, side by side: each is one method from one seed, and needs nothing of the others.

What is done is written as it comes, so that a run that fails, and whoever breaks the work off, leaves the rest.
"""

import functools
import signal
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from sw.cluster.workers import Workers
from sw.contract.error import MetaplastError
from sw.experiments.continual.comparison import Outcome, Plan
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.stream import Stream
from sw.experiments.continual.stream_run import StreamRun
from sw.experiments.continual.streams import Build
from sw.experiments.results import UNFINISHED, ResultFile
from sw.host.error import InputError
from sw.host.interruption import Interrupted
from sw.terminal.speech import say

Content = Callable[["Runs"], dict[str, Any]]


class Part(NamedTuple):
    """One run: `plan` by its name, empty where there is one alone."""

    plan: str
    method: str
    seed: int

    def __str__(self) -> str:
        named = f"{self.plan}: " if self.plan else ""
        return f"{named}{self.method}, seed {self.seed}"


class Runs:
    """All runs of `plans`, by name. Every setting is checked here, before anything is learned; raises what says it is wrong.

    Members: `failed`, why, by part.
    """

    def __init__(self, plans: Mapping[str, Plan]) -> None:
        self.plans = plans
        self._descriptions = {
            name: {method: plan.learner(method, stream, plan.seeds[0]).describe() for method in plan.methods}
            for name, plan in plans.items()
            for stream in [_stream(plan.build, plan.sources, plan.scale.tasks, plan.seeds[0])]
        }
        self._parts = [
            Part(name, method, seed) for name, plan in plans.items() for seed in plan.seeds for method in plan.methods
        ]
        self._done: dict[Part, StreamRun] = {}
        self.failed: dict[Part, Exception] = {}

    def carry_out(self, workers: Workers, what: str, arrived: Callable[[Part], None]) -> None:
        """Learn all; `arrived` is told of each run that is done. One that fails is in `failed` afterwards."""
        report = None if workers.are_elsewhere(len(self._parts)) else say
        parts = {part: (self.plans[part.plan], part.method, part.seed, report) for part in self._parts}
        for outcome in workers.each(run_part, parts, what):
            if outcome.value is None:
                assert outcome.error is not None
                self.failed[outcome.name] = outcome.error
            else:
                self._done[outcome.name] = outcome.value
                arrived(outcome.name)

    def outcomes(self, plan: str = "") -> dict[str, Outcome]:
        """Of the methods of a plan of which there is a run, in the plan's order, whatever came first."""
        found = {}
        for method in self.plans[plan].methods:
            parts = [Part(plan, method, seed) for seed in self.plans[plan].seeds]
            done = {part.seed: self._done[part] for part in parts if part in self._done}
            if done:
                found[method] = Outcome.of(self._descriptions[plan][method], done, self.plans[plan].last)
        return found

    def is_whole(self, plan: str = "") -> bool:
        """Whether nothing of a plan is still to come."""
        return not any(part.plan == plan for part in self._to_come())

    def gaps(self) -> dict[str, Any]:
        """What a result says of the runs that it has not: those to come, and why others failed."""
        to_come, failed = [str(part) for part in self._to_come()], {str(part): str(e) for part, e in self.failed.items()}
        return ({UNFINISHED: to_come} if to_come else {}) | ({"failed": failed} if failed else {})

    def told(self) -> str:
        """How many are done."""
        return f"{len(self._done)} of {len(self._parts)} runs"

    def check(self) -> None:
        """Raise what a run raised that is a fault of this program, or that left nothing of all runs."""
        for error in self.failed.values():
            if not isinstance(error, MetaplastError) or not self._done:
                raise error

    def _to_come(self) -> list[Part]:
        return [part for part in self._parts if part not in self._done and part not in self.failed]


def write_as_they_come(
    runs: Runs, workers: Workers, what: str, result: ResultFile, content: Content, told: Callable[[Part], None] = lambda _: None
) -> None:
    """Carry out `runs`; the file says of those that are done what `content` does, after each; pictures come last.

    `told` is called after each. Raises `Interrupted` after Ctrl-C, `InputError` where a run failed, both with what is there.
    """

    def arrived(part: Part) -> None:
        result.keep(content(runs) | runs.gaps())
        told(part)

    try:
        runs.carry_out(workers, what, arrived)
    except KeyboardInterrupt as error:
        there = f"{runs.told()} are in {result.path}" if any(map(runs.outcomes, runs.plans)) else "nothing was written"
        raise Interrupted(f"interrupted: {there}", signal.SIGINT) from error
    runs.check()
    result.write(content(runs) | runs.gaps())
    if runs.failed:
        (part, error), *_ = runs.failed.items()
        raise InputError(f"{runs.told()} are in {result.path}, {len(runs.failed)} failed: {part}: {error}")


def run_part(plan: Plan, method: str, seed: int, report: Callable[[str], None] | None) -> StreamRun:
    """One run. It computes on one thread, so that floating point does not depend on how many there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        stream = _stream(plan.build, plan.sources, plan.scale.tasks, seed)
        return plan.run(method, stream, seed, report or _say_nothing)
    finally:
        torch.set_num_threads(threads)


@functools.lru_cache(maxsize=1)
def _stream(build: Build, sources: Sources, tasks: int, seed: int) -> Stream:
    """The runs of a seed come one after the other."""
    return build(sources, tasks, seed)


def _say_nothing(line: str) -> None:
    """Where the one who waits is at another process."""
