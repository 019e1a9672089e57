"""The quadratic binary task of the paper's theory, simulated and beside what its algebra says (figure 5a and 5b)."""

import time
from typing import Annotated, Any

import numpy as np
import typer

from sw.experiments.continual.command import FewSeeds, FirstSeed, Json, finish, prepare
from sw.experiments.metrics import spread
from sw.figures import curves, style
from sw.reference.quadratic import QuadraticTask, signs, simulate
from sw.terminal.speech import say, tell

NAME = "quadratic-task"
BINS = 15
START = 0.01  # standard deviation of the hidden weights at the beginning


def experiment(
    dimensions: Annotated[int, typer.Option(help="Weights.", min=2, metavar="N")] = 500,
    steps: Annotated[int, typer.Option(help="Steps of gradient descent.", min=2, metavar="N")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Its rate.", min=1e-9, metavar="R")] = 0.01,
    seeds: FewSeeds = 3,
    seed: FirstSeed = 1,
    json: Json = None,
) -> int:
    """Hidden weights that run away are important ones: loss against hidden weight, simulated and from the theory."""
    began = time.monotonic()
    path = prepare(json, NAME, [""])
    say(f"{dimensions} weights, {steps} steps of {learning_rate:g}, the paper's size")
    runs = [run(dimensions, steps, learning_rate, one) for one in range(seed, seed + seeds)]
    result = {
        "dimensions": dimensions,
        "steps": steps,
        "learning_rate": learning_rate,
        "metrics": {name: spread([one[name] for one in runs]) for name in ("correlation", "steady", "largest_error")},
        "runs": runs,
    }
    finish(path, NAME, began, result)
    style.save(curves.draw(_panels(runs)), path.with_suffix(""))
    found = result["metrics"]
    tell(
        f"correlation of |hidden weight| with the cost of switching {found['correlation']['mean']:.3f}, "
        f"theory off by at most {max(one['largest_error'] for one in runs):.1e} in "
        f"{found['steady']['mean']:.0%} of the weights, those that keep their sign"
    )
    return 0


def run(dimensions: int, steps: int, learning_rate: float, seed: int) -> dict[str, Any]:
    """One task from its seed. The theory is of the second half of the steps, relative to the simulated mean cost."""
    task = QuadraticTask.random(dimensions, seed)
    start = START * np.random.default_rng((seed, 1)).standard_normal(dimensions)
    half = steps // 2
    first = simulate(task, start, learning_rate, half)
    course = simulate(task, first.hidden[-1], learning_rate, steps - half)
    end = course.hidden[-1]
    size, costs = np.abs(end) / np.abs(end).max(), task.switching_costs(signs(end))
    steady = course.steady()
    errors = np.abs(course.predicted_costs(task) / course.mean_costs - 1)[steady]
    places = np.minimum((size * BINS).astype(int), BINS - 1)
    bins = [
        {"magnitude": float(size[places == i].mean()), "cost": spread(costs[places == i].tolist())}
        for i in range(BINS)
        if (places == i).any()
    ]
    chosen = np.argsort(size)[:: max(1, dimensions // 200)]
    return {
        "seed": seed,
        "correlation": float(np.corrcoef(size, costs)[0, 1]),
        "steady": float(steady.mean()),
        "largest_error": float(errors.max()) if errors.size else None,
        "bins": bins,
        "simulated": course.mean_costs[chosen].tolist(),
        "predicted": course.predicted_costs(task)[chosen].tolist(),
        "keeps_its_sign": steady[chosen].tolist(),
    }


def _panels(runs: list[dict[str, Any]]) -> list[curves.Panel]:
    measured = [
        curves.Line(
            name=f"seed {one['seed']}",
            across=[part["magnitude"] for part in one["bins"]],
            mean=[part["cost"]["mean"] for part in one["bins"]],
            deviation=[part["cost"]["deviation"] for part in one["bins"]],
        )
        for one in runs
    ]
    first = runs[0]
    theory = []
    for name, wanted in (("keeps its sign", True), ("oscillates", False)):
        chosen = [i for i, kept in enumerate(first["keeps_its_sign"]) if kept is wanted]
        across, up = ([first[key][i] for i in chosen] for key in ("predicted", "simulated"))
        theory.append(curves.Line(name=name, across=across, mean=up))
    plain = {"share": False, "whole": False, "connected": False}
    cost = "Cost of switching one weight"
    return [
        curves.Panel(title=cost, across="|hidden weight| / largest", up="growth of the loss", lines=measured, **plain),
        curves.Panel(title=f"{cost}, mean", across="theory, from hidden weights", up="simulated", lines=theory, **plain),
    ]
