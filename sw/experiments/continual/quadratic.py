"""The quadratic binary task of the paper's theory, simulated and beside what its algebra says (figure 5a and 5b)."""

from typing import Annotated, Any

import numpy as np
import typer

from sw.experiments.continual.options import FirstSeed, Json, SeedCount
from sw.experiments.metrics import spread
from sw.experiments.results import ResultFile
from sw.reference.quadratic import QuadraticTask, signs, simulate
from sw.terminal.speech import say, tell

BINS = 15
START = 0.01  # standard deviation of the hidden weights at the beginning


def experiment(
    dimensions: Annotated[int, typer.Option(help="Weights.", min=2, metavar="N")] = 500,
    steps: Annotated[int, typer.Option(help="Steps of gradient descent.", min=2, metavar="N")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Its rate.", min=1e-9, metavar="R")] = 0.01,
    seeds: SeedCount = 3,
    seed: FirstSeed = 1,
    json: Json = None,
) -> int:
    """Hidden weights that run away are important ones: loss against hidden weight, simulated and from the theory."""
    result = ResultFile.prepared("quadratic-task", json, [""])
    say(f"{dimensions} weights, {steps} steps of {learning_rate:g}, the paper's size")
    runs = [run(dimensions, steps, learning_rate, one) for one in range(seed, seed + seeds)]
    metrics = {name: spread([one[name] for one in runs]) for name in ("correlation", "steady", "largest_error")}
    result.write(
        {
            "dimensions": dimensions,
            "steps": steps,
            "learning_rate": learning_rate,
            "metrics": metrics,
            "runs": runs,
        }
    )
    tell(
        f"correlation of |hidden weight| with the cost of switching {metrics['correlation']['mean']:.3f}, "
        f"theory off by at most {max(one['largest_error'] for one in runs):.1e} in "
        f"{metrics['steady']['mean']:.0%} of the weights, those that keep their sign"
    )
    return 0


def run(dimensions: int, steps: int, learning_rate: float, seed: int) -> dict[str, Any]:
    """One task from its seed. The theory is of the second half of the steps, relative to the simulated mean cost."""
    task = QuadraticTask.random(dimensions, seed)
    start = START * np.random.default_rng((seed, 1)).standard_normal(dimensions)
    half = steps // 2
    first = simulate(task, start, learning_rate, half)
    trajectory = simulate(task, first.hidden[-1], learning_rate, steps - half)
    end = trajectory.hidden[-1]
    size, costs = np.abs(end) / np.abs(end).max(), task.switching_costs(signs(end))
    steady = trajectory.steady()
    errors = np.abs(trajectory.predicted_costs(task) / trajectory.mean_costs - 1)[steady]
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
        "simulated": trajectory.mean_costs[chosen].tolist(),
        "predicted": trajectory.predicted_costs(task)[chosen].tolist(),
        "keeps_its_sign": steady[chosen].tolist(),
    }
