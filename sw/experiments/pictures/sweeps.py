"""The pictures of sweeps: what a method reaches against the thing that is varied."""

from typing import Any

from matplotlib.figure import Figure

from sw.experiments.metrics import spread
from sw.figures import curves

AGAINST_M = {"accuracy": "Mean accuracy at the end", "accuracy_when_new": "Accuracy when new", "forgetting": "Forgetting"}


def metaplasticity_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel a metric, a line a method."""
    by_m = result["by_m"]
    names = list(next(iter(by_m.values())))
    panels = []
    for metric, title in AGAINST_M.items():
        lines = [
            curves.Line.of_spreads(name, result["values"], [methods[name]["metrics"][metric] for methods in by_m.values()])
            for name in names
        ]
        panels.append(curves.Panel(title=title, across="m", up=metric.replace("_", " "), lines=lines, whole=False))
    return {"": curves.draw(panels)}


def width_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel a method, a line a width: mean accuracy after each task."""
    by_width = result["by_width"]
    panels = []
    for name in next(iter(by_width.values())):
        lines = []
        for width, methods in by_width.items():
            runs = [run["so_far"] for run in methods[name]["runs"]]
            spreads = [spread(list(values)) for values in zip(*runs, strict=True)]
            lines.append(curves.Line.of_spreads(f"width {width}", range(1, len(spreads) + 1), spreads))
        panels.append(curves.Panel(title=name, across="tasks learned", up="mean accuracy", lines=lines))
    return {"": curves.draw(panels)}
