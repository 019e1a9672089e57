"""Where a placed design lies on the die: read from what nextpnr writes, drawn by `sw.figures.floorplan`.

nextpnr's `--write` gives JSON of hundreds of megabytes for a full 85F. It has a line for every key, and cells come before
nets, so the lines up to the nets are enough and nothing is kept but names, types and places.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boards.error import BuildError
from sw.contract.board_table import BOARDS
from sw.figures import floorplan, style
from sw.figures.floorplan import Kind, Placed

OPENS = re.compile(r'\s*"(.*)": \{')
TYPE = re.compile(r'\s*"type": "([^"]+)"')
PLACE = re.compile(r'\s*"NEXTPNR_BEL": "X(\d+)/?Y(\d+)/([^"]+)"')
INSIDE = ("cells", "parameters", "attributes", "port_directions", "connections")  # of the text, not a cell's name
NETS = '      "netnames": {'

# What a site holds, by its name: ECP5 SLICEA.K0 and SLICEA.FF0, iCE40 lc0, Gowin LUT0, ALU0 and DFF0.
LOGIC = re.compile(r"(?:SLICE([A-D])\.K|lc|LUT|ALU)(\d)$")
FLIP_FLOP = re.compile(r"(?:SLICE([A-D])\.FF|DFF)(\d)$")
BLOCKS = {
    "DP16KD": Kind.MEMORY,
    "ICESTORM_RAM": Kind.MEMORY,
    "ICESTORM_SPRAM": Kind.LARGE_MEMORY,
    "SDP": Kind.MEMORY,
    "DP": Kind.MEMORY,
    "SP": Kind.MEMORY,
    "pROM": Kind.MEMORY,
    "MULT18X18D": Kind.MULTIPLIER,
    "ALU54B": Kind.MULTIPLIER,
    "ICESTORM_DSP": Kind.MULTIPLIER,
}
IN_ARRAY = re.compile(r"(?:^|\.)array\.cell_(\d+)[.$]")
ROOMS = {
    "sequencer and issue": re.compile(r"\bengine\.(sequencer|issue|fold_sum|array)\b"),
    "normalise and classify": re.compile(r"\bengine\.(normalise|classify)\b"),
    "errors and learning": re.compile(r"\bengine\.(errors|draw|learner)\b"),
    "input, rows, configuration": re.compile(r"\bengine\.(input_buffer|rows|configuration|report)\b"),
    "link": re.compile(r"\b(link|receiver|transmitter)\b"),
}
OTHER = "other"


def cells(path: Path) -> Iterator[tuple[str, str, tuple[int, int], str]]:
    """Name, type, (x, y) and site of every placed cell. Raises `BuildError` if the file cannot be read or has none."""
    name = kind = ""
    found = False
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith('": {\n'):
                    if line.startswith(NETS) and found:
                        return
                    if (opens := OPENS.match(line)) and opens[1] not in INSIDE:
                        name = opens[1]
                elif '"type": ' in line and (given := TYPE.match(line)):
                    kind = given[1]
                elif '"NEXTPNR_BEL": ' in line and (place := PLACE.match(line)):
                    found = True
                    yield name, kind, (int(place[1]), int(place[2])), place[3]
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path} cannot be read: {error}") from error
    if not found:
        raise BuildError(f"{path} has no placed cell: it is not what nextpnr --write leaves")


def room_of(name: str) -> str | int:
    """The room of the accelerator that a cell belongs to by its name; a number for a cell of the array."""
    if inside := IN_ARRAY.search(name):
        return int(inside[1])
    return next((room for room, pattern in ROOMS.items() if pattern.search(name)), OTHER)


def kind_of(kind: str, site: str) -> tuple[Kind, int] | None:
    """What a site is and which of its tile's; None for what is not drawn: buffers of clocks, constants."""
    if kind in BLOCKS:
        return BLOCKS[kind], 0
    for pattern, drawn in ((LOGIC, Kind.LOGIC), (FLIP_FLOP, Kind.FLIP_FLOP)):
        if at := pattern.match(site):
            letter = at[1] if at.lastindex and at.lastindex > 1 and at[1] else ""
            slot = int(at[at.lastindex or 0]) + (2 * (ord(letter) - ord("A")) if letter else 0)
            return (Kind.LOGIC_CELL if site.startswith("lc") else drawn), slot
    return None


def placed(path: Path) -> list[Placed]:
    """Everything that is drawn of a placed design."""
    found = []
    for name, kind, (x, y), site in cells(path):
        what = kind_of(kind, site)
        if what is not None:
            found.append(Placed(kind=what[0], x=x, y=y, slot=what[1], room=room_of(name)))
    return found


def draw(placed_json: Path, report: dict[str, Any], path: Path) -> list[Path]:
    """Draw `placed_json` as `path`.png and `path`.svg; the title says what the report says. The paths.

    `report` is what `boards.report` makes. The cells of the array are numbered by row and column.
    """
    use = ", ".join(
        f"{used:,} of {available:,} {name}" for name, (used, available) in report["use"].items() if used and available > 8
    )
    figure = floorplan.draw(
        placed(placed_json),
        title=f"{BOARDS[report['board']].title}: {report['clock_mhz']:.1f} MHz",
        below=use,
        grid_width=report["geometry"]["grid_width"],
        upwards=next(cells(placed_json))[1].startswith(("ICESTORM", "SB_")),
    )
    return style.save(figure, path, (style.PNG, style.SVG))
