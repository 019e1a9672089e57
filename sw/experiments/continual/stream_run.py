"""One learner through one stream: the accuracy matrix, the weights that flipped, the hidden weights after each task."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.experiments.continual.learners import StreamLearner
from sw.experiments.continual.stream import Labelled, Stream, Task
from sw.experiments.metrics import Matrix, accuracy_so_far, summary

BARS = 64
MOST_TASKS_WRITTEN = 30  # a longer stream's matrix is written as its last row and its diagonal
MOST_HISTOGRAMS = 4


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How many hidden weights of a layer lie in each of `BARS` equal parts of ± `limit`, the largest there is."""

    limit: float
    counts: list[int]

    @classmethod
    def of(cls, hidden: NDArray[Any]) -> "Histogram":
        """Of one layer."""
        limit = float(np.abs(hidden).max()) or 1.0
        return cls(limit=limit, counts=np.histogram(hidden, BARS, (-limit, limit))[0].tolist())


@dataclass(frozen=True, kw_only=True)
class StreamRun:
    """`matrix` (T, T) as in `sw.experiments.metrics`; `flips[i][l]` binary weights of layer l that changed in task i;
    `histograms` by task, one a layer, of some tasks of a long stream; `held_out` accuracies after each task."""

    matrix: Matrix
    flips: list[list[int]]
    histograms: dict[int, list[Histogram]]
    held_out: list[float]
    seconds: float

    def as_json(self, seed: int, last: int, histograms: bool = True) -> dict[str, Any]:
        """One run of the results file, with `histograms` or without; NaN, not tested, becomes null."""
        rows = [[None if np.isnan(value) else value for value in row] for row in self.matrix.tolist()]
        whole = len(rows) <= MOST_TASKS_WRITTEN
        return {
            "seed": seed,
            "metrics": self.metrics(last),
            "matrix": rows if whole else None,
            "so_far": accuracy_so_far(self.matrix),
            "final": rows[-1],
            "when_new": [row[i] for i, row in enumerate(rows)],
            "held_out": self.held_out,
            "flips": self.flips,
            "histograms": {
                str(task): [{"limit": part.limit, "counts": part.counts} for part in layers]
                for task, layers in (self.histograms if histograms else {}).items()
            },
            "seconds": round(self.seconds, 2),
        }

    def brief(self, seed: int, last: int) -> dict[str, Any]:
        """One run of a results file that has very many."""
        return {"seed": seed, "metrics": self.metrics(last), "seconds": round(self.seconds, 2)}

    def metrics(self, last: int) -> dict[str, float | None]:
        """The summary of the matrix, and the held-out accuracy at the end where there is one."""
        return summary(self.matrix, last) | ({"held_out": self.held_out[-1]} if self.held_out else {})


def learn_stream(
    learner: StreamLearner,
    stream: Stream,
    *,
    joint: bool,
    samples: int | None,
    test_samples: int | None,
    look_back: int | None,
    report: Callable[[str], None],
) -> StreamRun:
    """Teach all tasks, one after the other or (`joint`) together in one; after each test the newest `look_back` (all).

    After the last all are tested. Tasks still to come are not.
    """
    began = time.monotonic()
    count = len(stream.tasks)
    matrix = np.full((count, count), np.nan)
    flips, histograms, held_out = [], {}, []
    before = learner.hidden()
    kept = set(np.linspace(0, count - 1, min(count, MOST_HISTOGRAMS)).round().astype(int).tolist())
    for i in [count - 1] if joint else range(count):
        learner.learn(_all_in_one(stream, samples) if joint else stream.tasks[i], None if joint else samples)
        after = learner.hidden()
        flips.append([int(((new >= 0) != (old >= 0)).sum()) for new, old in zip(after, before, strict=True)])
        before = after
        if i in kept:
            histograms[i] = [Histogram.of(layer) for layer in after]
        first = 0 if look_back is None or i == count - 1 else max(0, i - look_back + 1)
        for j in range(first, i + 1):
            matrix[i, j] = learner.accuracy(stream.tasks[j], test_samples, j)
        if stream.held_out:
            held_out.append(learner.accuracy(_only_a_test(stream.held_out), test_samples, None))
        report(f"task {i}: {matrix[i, i]:.2%} when new, {np.nanmean(matrix[i]):.2%} of those tested")
    return StreamRun(matrix=matrix, flips=flips, histograms=histograms, held_out=held_out, seconds=time.monotonic() - began)


def _only_a_test(test: Labelled) -> Task:
    return Task(name="held out", train=test, test=test, order=0)


def _all_in_one(stream: Stream, samples: int | None) -> Task:
    joined = stream.joined(samples)
    return Task(name="all tasks together", train=joined, test=joined, order=stream.tasks[0].order)
