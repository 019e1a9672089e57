"""The pictures of sweeps: what a method reaches against the thing that is varied."""

from typing import Any

from matplotlib.figure import Figure

from sw.experiments.continual.sample_points import WITH, WITHOUT, point_name
from sw.experiments.metrics import spread
from sw.figures import curves

AGAINST_M = {"accuracy": "Mean accuracy at the end", "accuracy_when_new": "Accuracy when new", "forgetting": "Forgetting"}


def metaplasticity_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel a metric, a line a method."""
    by_m = result["by_m"]
    names = dict.fromkeys(name for methods in by_m.values() for name in methods)
    panels = []
    for metric, title in AGAINST_M.items():
        lines = [
            curves.Line.of_spreads(
                name,
                [float(m) for m, methods in by_m.items() if name in methods],
                [methods[name]["metrics"][metric] for methods in by_m.values() if name in methods],
            )
            for name in names
        ]
        panels.append(curves.Panel(title=title, across="m", up=metric.replace("_", " "), lines=lines, whole=False))
    return {"": curves.draw(panels)}


def sample_value_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel with the rule and one without it, a line for each interval: accuracy against the records stored."""
    panels = []
    metric = headline(result["by_records"])
    for rule in (WITH, WITHOUT):
        lines = []
        for every in result["every"]:
            found = [(n, result["by_records"].get(point_name(rule, n, every))) for n in result["records"]]
            known = [(n, of["chip"]["metrics"][metric]) for n, of in found if of]
            # A logarithmic axis has no place for nothing: it stands a step before the first count.
            across = [n or min((r for r in result["records"] if r), default=1) / 2 for n, _ in known]
            lines.append(curves.Line.of_spreads(f"every {every}", across, [of for _, of in known]))
        title = f"{rule[0].upper()}{rule[1:]}"
        across = "past samples stored (leftmost: none)"
        panels.append(curves.Panel(title=title, across=across, up="accuracy at the end", lines=lines, whole=False, ratio=True))
    return {"": curves.draw(panels)}


def headline(by: dict[str, Any]) -> str:
    """The metric that says it in one number: that of all classes, where there is a test of all. `by` name, then by method."""
    (first, *_), *_ = (list(methods.values()) for methods in by.values())
    return "held_out" if "held_out" in first["metrics"] else "accuracy"


def width_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel a method, a line a width: mean accuracy after each task."""
    by_width = result["by_width"]
    panels = []
    for name in dict.fromkeys(name for methods in by_width.values() for name in methods):
        lines = []
        for width, methods in by_width.items():
            if name not in methods:
                continue
            runs = [run["so_far"] for run in methods[name]["runs"]]
            spreads = [spread(list(values)) for values in zip(*runs, strict=True)]
            lines.append(curves.Line.of_spreads(f"width {width}", range(1, len(spreads) + 1), spreads))
        panels.append(curves.Panel(title=name, across="tasks learned", up="mean accuracy", lines=lines))
    return {"": curves.draw(panels)}
