"""Writes the table of the boards in README.md from the committed reports. No board has run anything yet, and it says so.

python -m boards.table
"""

import sys
from typing import Any

from boards.catalogue import TARGETS
from boards.report import REPORTS, ROOT
from sw.contract.boards import BOARDS
from sw.files.error import FileError
from sw.files.input import read_object, read_text
from sw.files.output import write_text
from sw.files.streams import take_every_word

README = ROOT / "README.md"
BEGIN = "<!-- boards: written by make boards-table -->"
END = "<!-- end of boards -->"
HEADER = ("board", "network", "synapses a cycle", "clock", "samples a second", "use", "bitstream", "netlist", "hardware")


def row(name: str, report: dict[str, Any] | None, simulated: dict[str, Any] | None) -> tuple[str, ...]:
    """The cells of one board, from the reports of its build and of its netlist's simulation; None: there is none yet."""
    board = BOARDS[name]
    shape = (board.title, "-".join(map(str, board.layers)), str(board.geometry.columns_per_fold))
    netlist = f"{simulated['samples']} samples, equal" if simulated and simulated["equal"] else "–"
    if report is None:
        return (*shape, "–", "–", "–", "–", netlist, "not tested")
    family = TARGETS[name].family
    use = ", ".join(
        f"{used / available:.0%} of {resource}"
        for resource in (family.logic, family.memory)
        for used, available in [report["use"][resource]]
    )
    rate = report["samples_per_second"]
    speed = "–" if rate is None else f"{rate:,.0f}"
    return (*shape, f"{report['clock_mhz']:.1f} MHz", speed, use, "builds", netlist, "not tested")


def known(file: str) -> dict[str, Any] | None:
    """A committed report."""
    path = REPORTS / file
    return read_object(path) if path.exists() else None


def table() -> str:
    """The table in Markdown, with its markers."""
    rows = []
    for name in BOARDS:
        rows.append(row(name, known(f"{name}.json"), known(f"{name}-netlist.json")))
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    return "\n".join([BEGIN, *("| " + " | ".join(cells) + " |" for cells in lines), END])


def replaced(text: str) -> str:
    """`text` with the table between its markers as it is now. Raises ValueError without the markers."""
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[:begin] + table() + text[end:]


def main() -> int:
    """The command line."""
    take_every_word()
    try:
        write_text(README, replaced(read_text(README)))
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
