"""`make bench`: every benchmark beside its bound, in `results/bench.json` and as a table.

With `--only NAME` a single one is measured again and the others stay as they are in the file.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sw.experiments.benchmarks.area import area
from sw.experiments.benchmarks.boards import boards
from sw.experiments.benchmarks.compiled import compiled
from sw.experiments.benchmarks.entry import Entries
from sw.experiments.benchmarks.growth import growth
from sw.experiments.benchmarks.host import host
from sw.experiments.benchmarks.link import link
from sw.experiments.benchmarks.memory import memory
from sw.experiments.benchmarks.passes import passes
from sw.experiments.benchmarks.simulated import simulated
from sw.experiments.benchmarks.twin import twin
from sw.experiments.program import main
from sw.experiments.results import known, prepare
from sw.files.output import write_json
from sw.host.error import InputError
from sw.terminal.speech import say, tell_table

RESULT = Path("results/bench.json")
BENCHMARKS = {
    benchmark.__name__: benchmark for benchmark in (twin, compiled, simulated, passes, memory, link, host, growth, area, boards)
}


def experiment(
    only: Annotated[str | None, typer.Option(help=f"One of {', '.join(BENCHMARKS)}.", metavar="NAME")] = None,
    json: Annotated[Path, typer.Option(help="Where the results go.")] = RESULT,
) -> int:
    """Measure, and write every number beside its bound."""
    if only is not None and only not in BENCHMARKS:
        raise InputError(f"there is no benchmark {only}: choose one of {', '.join(BENCHMARKS)}")
    prepare(json)
    kept = known(json) if only is not None else {}
    measured: Entries = {}
    for name, benchmark in BENCHMARKS.items():
        if only in (None, name):
            say(f"benchmark {name}")
            measured |= benchmark()
            # Written after each, so that a later one that fails takes nothing away.
            write_json(json, kept | {name: entry.as_json() for name, entry in measured.items()})
    show(measured)
    return 0


def show(entries: Entries) -> None:
    """The table."""
    rows = Table("benchmark", "value", "bound", "unit", "the bound is")
    for name, entry in entries.items():
        rows.add_row(name, _number(entry.value), _number(entry.bound), entry.unit, entry.bound_is)
    tell_table(rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


if __name__ == "__main__":
    main(experiment)
