"""Writes the tables of the boards, README's and docs/boards.md's, from the committed reports.

python -m boards.table
"""

import sys
from pathlib import Path
from typing import Any

from boards.catalogue import TARGETS
from boards.report import REPORTS, ROOT, samples_per_second
from sw.contract.board_table import BOARDS
from sw.files.error import FileError
from sw.files.input import read_object, read_text
from sw.files.output import write_text
from sw.files.streams import take_every_word

README, PAGE = ROOT / "README.md", ROOT / "docs" / "boards.md"
BEGIN = "<!-- boards: written by make boards-table -->"
END = "<!-- end of boards -->"
HEADER = (
    "board", "network", "synapses a cycle", "group", "clock", "samples a second", "analysis allows", "use", "bitstream",
    "netlist", "hardware",
)  # fmt: skip
GREETING = ("board", "network", "samples a second", "state")


def row(name: str, report: dict[str, Any] | None, simulated: dict[str, Any] | None) -> tuple[str, ...]:
    """The cells of one board, from the reports of its build and of its netlist's simulation; None: there is none yet.

    Clock and samples a second are those that the board has, at the clock of its PLL; what the analysis allows comes after them.
    """
    board, shape_of = BOARDS[name], BOARDS[name].geometry
    shape = (board.title, "-".join(map(str, board.layers)), str(shape_of.columns_per_fold), str(shape_of.group))
    netlist = f"{simulated['samples']} samples, equal" if simulated and simulated["equal"] else "–"
    if report is None:
        return (*shape, "–", "–", "–", "–", "–", netlist, "not tested")
    family = TARGETS[name].family
    use = ", ".join(
        f"{used / available:.0%} of {resource}"
        for resource in (family.logic, family.memory)
        for used, available in [report["use"][resource]]
    )
    cycles, most = report["cycles_per_sample"], report["clock_mhz"]
    speed, allowed = (shown(samples_per_second(clock, cycles)) for clock in (report["asked_mhz"], most))
    clock = f"{report['asked_mhz']:g} MHz"
    return (*shape, clock, speed, f"{most:.1f} MHz, {allowed}", use, "builds", netlist, "not tested")


def shown(rate: float | None) -> str:
    """Samples a second."""
    return "–" if rate is None else f"{rate:,.0f}"


def greeting(cells: tuple[str, ...]) -> tuple[str, ...]:
    """What README has of the cells of `row`."""
    of = dict(zip(HEADER, cells, strict=True))
    state = of["bitstream"] if of["netlist"] == "–" else f"{of['bitstream']}, netlist equal"
    return of["board"], of["network"], of["samples a second"], state


def known(file: str) -> dict[str, Any] | None:
    """A committed report."""
    path = REPORTS / file
    return read_object(path) if path.exists() else None


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown, with its markers."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join([BEGIN, *("| " + " | ".join(cells) + " |" for cells in lines), END])


def tables() -> dict[Path, str]:
    """The page's table and README's."""
    rows = [row(name, known(f"{name}.json"), known(f"{name}-netlist.json")) for name in BOARDS]
    return {PAGE: table(HEADER, rows), README: table(GREETING, [greeting(cells) for cells in rows])}


def replaced(text: str, written: str) -> str:
    """`text` with the table between its markers as it is now. Raises ValueError without the markers."""
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[:begin] + written + text[end:]


def main() -> int:
    """The command line."""
    take_every_word()
    try:
        for page, written in tables().items():
            write_text(page, replaced(read_text(page), written))
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
