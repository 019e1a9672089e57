"""The pictures of what a hidden weight is worth: the switching test, and the quadratic task of the theory."""

from typing import Any

from matplotlib.figure import Figure

from sw.experiments.metrics import spread
from sw.figures import curves

MAGNITUDE, GROWTH = "|hidden weight| / largest", "growth of the loss"


def mean_costs(run: dict[str, Any]) -> list[list[float]]:
    """Of a run of the switching test, by layer and bin: mean growth of the loss by one switched weight."""
    return [[sum(part["increase"]) / len(part["increase"]) for part in layer] for layer in run["layers"]]


def switching_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """A panel a layer, a line a seed."""
    panels = []
    for layer in range(len(result["flips"])):
        lines = []
        for run in result["runs"]:
            bins = run["layers"][layer]
            spreads = [spread(part["increase"]) for part in bins]
            lines.append(curves.Line.of_spreads(f"seed {run['seed']}", [part["magnitude"] for part in bins], spreads))
        title = f"Layer {layer + 1}: switching one weight"
        panels.append(curves.Panel(title=title, across=MAGNITUDE, up=GROWTH, lines=lines, share=False, whole=False))
    return {"": curves.draw(panels)}


def quadratic_figures(result: dict[str, Any]) -> dict[str, Figure]:
    """The cost of a switch against the hidden weight, and simulated against the theory, of the first seed."""
    runs = result["runs"]
    measured = [
        curves.Line.of_spreads(
            f"seed {run['seed']}", [part["magnitude"] for part in run["bins"]], [part["cost"] for part in run["bins"]]
        )
        for run in runs
    ]
    theory = []
    for name, wanted in (("keeps its sign", True), ("oscillates", False)):
        chosen = [i for i, kept in enumerate(runs[0]["keeps_its_sign"]) if kept is wanted]
        across, up = ([runs[0][key][i] for i in chosen] for key in ("predicted", "simulated"))
        theory.append(curves.Line(name=name, across=across, mean=up))
    plain = {"share": False, "whole": False, "connected": False}
    cost = "Cost of switching one weight"
    panels = [
        curves.Panel(title=cost, across=MAGNITUDE, up=GROWTH, lines=measured, **plain),
        curves.Panel(title=f"{cost}, mean", across="theory, from hidden weights", up="simulated", lines=theory, **plain),
    ]
    return {"": curves.draw(panels)}
