"""One comparison after the other, of plans that differ in one thing: m, a width, settings of the chip."""

from collections.abc import Mapping
from typing import Any

from sw.experiments.continual.comparison import Plan, as_json, compare
from sw.experiments.metrics import in_per_cent
from sw.terminal.speech import say, tell


def sweep(plans: Mapping[str, Plan], what: str = "") -> dict[str, Any]:
    """Carry out each plan: what `as_json` says of it, by its name, without histograms.

    Its mean accuracy at the end is told as soon as it is known, after `what` and its name.
    """
    results: dict[str, Any] = {}
    for name, plan in plans.items():
        called = f"{what} {name}".strip()
        say(called)
        results[name] = as_json(compare(plan), plan, histograms=False)
        ends = {method: in_per_cent(result["metrics"]["accuracy"]) for method, result in results[name].items()}
        tell(f"{called}: {', '.join(f'{method} {end}' if len(ends) > 1 else end for method, end in ends.items())}")
    return results
