"""`budgets.toml`: what a board's report must keep to."""

import tomllib
from pathlib import Path
from typing import Any

from boards.error import BuildError
from boards.target import Family

BUDGETS = Path(__file__).parent / "budgets.toml"


def check_budgets(report: dict[str, Any], family: Family, file: Path = BUDGETS) -> None:
    """Raise `BuildError`, which names every missed budget, by how much and where it stands."""
    budget = tomllib.loads(file.read_text(encoding="utf-8")).get(report["board"])
    if budget is None:
        raise BuildError(f"{file.name} has no budget for {report['board']}: add one")
    missed = [sentence for sentence in judged(report, budget, family) if sentence]
    if missed:
        raise BuildError(f"over budget ({file}): {'; '.join(missed)}")


def judged(report: dict[str, Any], budget: dict[str, float], family: Family) -> list[str]:
    """A sentence for each budget that is missed, '' for one that is kept."""
    measured = {
        "clock_mhz": report["clock_mhz"],
        "logic": report["use"][family.logic][0],
        "memory": report["use"][family.memory][0],
        "logic_per_synapse": report["logic_per_synapse"],
        "cycles_per_sample": report["cycles_per_sample"],
    }
    unknown = sorted(set(measured) ^ set(budget))
    if unknown:
        raise BuildError(f"a budget has {', '.join(measured)}; {report['board']} differs in {', '.join(unknown)}")
    found = []
    for name, limit in budget.items():
        value, least = measured[name], name == "clock_mhz"
        if value is None:
            found.append(f"{name} is not measured: run python -m sw.experiments.cycles --only {report['board']}")
        elif value < limit if least else value > limit:
            found.append(f"{name} is {value:g}, at {'least' if least else 'most'} {limit:g} allowed")
    return found
