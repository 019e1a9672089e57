"""Writes the table of the boards in README.md from the committed reports.

python -m boards.table
"""

import json
import sys
from typing import Any

from boards.catalogue import TARGETS
from boards.report import REPORTS, ROOT
from sw.contract.boards import BOARDS

README = ROOT / "README.md"
BEGIN = "<!-- boards: written by make boards-table -->"
END = "<!-- end of boards -->"
HEADER = ("board", "network", "synapses a cycle", "clock", "samples a second", "use", "bitstream", "netlist", "hardware")
# What the reports cannot know: whose netlist a test simulates. No board has run anything yet.
SIMULATED_NETLISTS = {"ulx3s-25f", "icebreaker"}


def row(name: str, report: dict[str, Any] | None) -> tuple[str, ...]:
    """The cells of one board; `report` is None where there is none yet."""
    board = BOARDS[name]
    shape = (board.title, "-".join(map(str, board.layers)), str(board.geometry.columns_per_fold))
    netlist = "simulated" if name in SIMULATED_NETLISTS else "–"
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


def table() -> str:
    """The table in Markdown, with its markers."""
    rows = []
    for name in BOARDS:
        file = REPORTS / f"{name}.json"
        rows.append(row(name, json.loads(file.read_text()) if file.exists() else None))
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    return "\n".join([BEGIN, *("| " + " | ".join(cells) + " |" for cells in lines), END])


def replaced(text: str) -> str:
    """`text` with the table between its markers as it is now. Raises ValueError without the markers."""
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[:begin] + table() + text[end:]


def main() -> int:
    """The command line."""
    README.write_text(replaced(README.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
