"""The pictures of a comparison: curves of all methods, their mean accuracy matrices, the hidden weights of their first seed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sw.experiments.metrics import spread
from sw.figures import accuracy_matrices, curves, hidden_weight_histograms

STEMS = ("-curves", "-matrices", "-hidden-weights")
Methods = dict[str, Any]
Run = dict[str, Any]


def figures(result: dict[str, Any]) -> dict[str, Figure]:
    """By `STEMS`; without matrices where the stream is too long for them to be written."""
    methods: Methods = result["methods"]
    matrices = {
        name: np.mean([np.array(run["matrix"], dtype=float) for run in of["runs"]], axis=0)
        for name, of in methods.items()
        if of["runs"][0]["matrix"] is not None
    }
    bars = {
        name: {
            int(task): [(part["limit"], part["counts"]) for part in layers]
            for task, layers in of["runs"][0]["histograms"].items()
        }
        for name, of in methods.items()
    }
    return {
        "-curves": curves.draw(panels(methods)),
        **({"-matrices": accuracy_matrices.draw(matrices)} if matrices else {}),
        "-hidden-weights": hidden_weight_histograms.draw(bars),
    }


def panels(methods: Methods) -> list[curves.Panel]:
    """A test that is held out, if there is one; what is known so far; what is left at the end; what flipped."""
    so_far = curves.Panel(
        title="Mean accuracy of the tasks tested so far",
        across="tasks learned",
        up="accuracy",
        lines=_lines(methods, lambda run: run["so_far"], first=1),
    )
    left = curves.Panel(
        title="What is left at the end", across="task", up="accuracy", lines=_lines(methods, lambda run: run["final"])
    )
    flips = curves.Panel(
        title="Binary weights flipped by each task",
        across="task",
        up="of all weights",
        lines=[_line(name, _flipped(of["runs"])) for name, of in methods.items()],
    )
    tested = {name: of for name, of in methods.items() if of["runs"][0]["held_out"]}
    held_out = curves.Panel(
        title="Held-out test", across="task", up="accuracy", lines=_lines(tested, lambda run: _late(run, run["held_out"]))
    )
    return [*([held_out] if tested else []), so_far, left, flips]


def _lines(methods: Methods, read: Callable[[Run], Sequence[float | None]], first: int = 0) -> list[curves.Line]:
    return [_line(name, [read(run) for run in of["runs"]], first) for name, of in methods.items()]


def _line(name: str, runs: Sequence[Sequence[float | None]], first: int = 0) -> curves.Line:
    """`runs[i][task]`: the spread over the runs at each task, of which the first has the number `first`."""
    spreads = [spread(list(values)) for values in zip(*runs, strict=True)]
    return curves.Line.of_spreads(name, range(first, first + len(spreads)), spreads)


def _flipped(runs: Sequence[Run]) -> list[list[float | None]]:
    """By run and task, of all weights."""
    weights = sum(sum(part["counts"]) for part in next(iter(runs[0]["histograms"].values())))
    return [_late(run, [sum(layers) / weights for layers in run["flips"]]) for run in runs]


def _late(run: Run, values: Sequence[float]) -> list[float | None]:
    """By task. A joint method learns once, at the end: before that there is nothing."""
    return [*[None] * (len(run["final"]) - len(values)), *values]
