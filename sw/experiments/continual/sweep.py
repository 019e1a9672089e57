"""Several comparisons, of plans that differ in one thing: m, a width, settings of the chip, what is stored."""

from collections.abc import Callable, Mapping
from typing import Any

from sw.cluster.workers import Workers
from sw.experiments.continual.comparison import Plan, as_json
from sw.experiments.continual.runs import Part, Runs, write_as_they_come
from sw.experiments.metrics import in_per_cent
from sw.experiments.results import ResultFile
from sw.terminal.speech import tell

By = dict[str, Any]


def sweep(
    plans: Mapping[str, Plan], workers: Workers, result: ResultFile, content: Callable[[By], dict[str, Any]], what: str = ""
) -> None:
    """Carry out each plan. `content` makes the result of what `as_json` says of each plan, by its name, without histograms.

    A plan's mean accuracy at the end is told as soon as all its runs are there, after `what` and its name. Raises what
    `write_as_they_come` raises.
    """

    def by_name(runs: Runs) -> By:
        found = {name: as_json(runs.outcomes(name), plan, histograms=False) for name, plan in plans.items()}
        return {name: methods for name, methods in found.items() if methods}

    runs = Runs(plans)

    def told(part: Part) -> None:
        if not runs.is_whole(part.plan):
            return
        ends = {method: in_per_cent(of.metrics["accuracy"]) for method, of in runs.outcomes(part.plan).items()}
        called = f"{what} {part.plan}".strip()
        tell(f"{called}: {', '.join(f'{method} {end}' if len(ends) > 1 else end for method, end in ends.items())}")

    write_as_they_come(runs, workers, what or "runs", result, lambda runs: content(by_name(runs)), told)
