"""One line of `results/bench.json`."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A measured value beside what bounds it.

    `bound` is a number or None; `bound_is` says what it stands for; `command` measures the value again.
    """

    value: float | None
    unit: str
    bound: float | None
    bound_is: str
    command: str

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return asdict(self)


Entries = dict[str, Entry]


def command_of(benchmark: str) -> str:
    """The command that runs one benchmark again."""
    return f"python -m sw.experiments.bench --only {benchmark}"
