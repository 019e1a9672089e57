"""The bitstream of an ECP5, unpacked to text again: every block RAM, every memory of LUTs and the PLL are as the netlist wants.

The packer writes what place and route tells it. This reads the bits themselves (`ecpunpack` of Project Trellis) and compares
them with the netlist that went into place and route, of which only the places of the cells are taken.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boards.error import BuildError
from boards.netlist import LOW, Cell
from boards.silicon.design import Design

TILE = re.compile(r"\.tile \S*R(\d+)C(\d+)\S*:")
SETTING = re.compile(r"(?:enum|word): (\S+) (\S+)")
BEL = re.compile(r"X(\d+)/Y(\d+)/(\w+)(?:\.(\w+))?")
# Of a block: its parameters, and what a bitstream says of one by saying nothing.
MODES = {"RESETMODE": "SYNC", "ASYNC_RESET_RELEASE": "SYNC", "GSR": "ENABLED", "REGMODE_A": "NOREG", "REGMODE_B": "NOREG"}
# Its inputs behind a multiplexer: one that is 0 for good is a 1 that is inverted.
PINS = ("RSTA", "RSTB", "CEA", "CEB", "OCEA", "OCEB", "CLKA", "CLKB")
DIVIDERS = ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOS_DIV")
BLOCK_TILES = 3  # that the settings of a block lie in
Settings = dict[tuple[int, int], dict[str, str]]


def check_bits(text: str, design: Design, bels: dict[str, str]) -> None:
    """Raise `BuildError` for the first setting in `text` that is not what `design` asks for; `bels` is where its cells are."""
    settings = read(text)
    for name, key, wanted, found in (
        *blocks(settings, design, bels),
        *lut_rams(settings, design, bels),
        *loops(settings, design),
    ):
        if wanted != found:
            raise BuildError(
                f"the bitstream is refused by the rule ecp5-bits: {key} of the cell {name} is {found} in the bits, and the "
                f"netlist asks for {wanted}; the packer or its database is at fault"
            )


def check_files(unpacked: Path, netlist: Path, placed: Path, board: str) -> None:
    """`check_bits` for files of a build. Raises `BuildError`."""
    design = Design(json.loads(netlist.read_text(encoding="utf-8")), board=board, family="Ecp5")
    check_bits(unpacked.read_text(encoding="utf-8"), design, places(json.loads(placed.read_text(encoding="utf-8"))))


def places(placed: dict[str, Any]) -> dict[str, str]:
    """Where nextpnr put each cell of its JSON."""
    cells = (item for module in placed["modules"].values() for item in module["cells"].items())
    return {name: cell["attributes"]["NEXTPNR_BEL"] for name, cell in cells if "NEXTPNR_BEL" in cell["attributes"]}


def read(text: str) -> Settings:
    """The settings of each tile, by its column and row; of two tiles at one place, those of both."""
    found: Settings = {}
    here: dict[str, str] = {}
    for line in text.splitlines():
        if tile := TILE.match(line):
            here = found.setdefault((int(tile[2]), int(tile[1])), {})
        elif line.startswith("."):
            here = {}
        elif setting := SETTING.fullmatch(line):
            here[setting[1]] = setting[2]
    return found


def blocks(settings: Settings, design: Design, bels: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Name, setting, wanted and found of every block RAM, and of every block in the bits that no cell is."""
    seen = set()
    for cell in design.cells("DP16KD"):
        x, y, block, _ = _place(cell.name, bels)
        seen.add((x, y, block))
        there = {key: value for i in range(BLOCK_TILES) for key, value in settings.get((x + i, y), {}).items()}
        for key, wanted, unsaid in _wanted(design, cell):
            yield cell.name, key, wanted, there.get(f"{block}.{key}", unsaid)
    for (x, y), tile in settings.items():
        for key in tile:
            block, _, setting = key.partition(".")
            if setting == "MODE" and block.startswith("EBR") and not any((x - i, y, block) in seen for i in range(BLOCK_TILES)):
                yield f"X{x}/Y{y}/{block}", setting, "nothing", tile[key]


def _wanted(design: Design, cell: Cell) -> Iterator[tuple[str, str, str]]:
    """The settings of a block that the netlist asks for: key, value, and the value where the bits say nothing."""
    wide = "36" in (str(cell.number("DATA_WIDTH_A", 18)), str(cell.number("DATA_WIDTH_B", 18)))
    yield from ((key, cell.text(key, unsaid), unsaid) for key, unsaid in MODES.items())
    for pin in PINS if wide else (*PINS, "WEA", "WEB"):
        yield f"{pin}MUX", "INV" if design.net(cell, pin) == LOW else pin, pin
    for port in "" if wide else "AB":
        yield f"DP16KD.WRITEMODE_{port}", cell.text(f"WRITEMODE_{port}", "NORMAL"), "NORMAL"
        yield f"DP16KD.DATA_WIDTH_{port}", str(cell.number(f"DATA_WIDTH_{port}", 18)), "18"
    if wide:
        yield "PDPW16KD.DATA_WIDTH_R", "36", "not said"
    yield from ((f"CSDECODE_{port}", "not said", "not said") for port in "AB")


def lut_rams(settings: Settings, design: Design, bels: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Name, setting, wanted and found of the slices of every memory of LUTs, and of every such slice that no cell is."""
    wanted = {}
    for cell in design.cells("TRELLIS_DPR16X4"):
        own = cell.name.removeprefix("top.")
        for part, mode in (*((f"DPRAM_COMB{i}", "DPRAM") for i in range(4)), ("RAMW_SLICE", "RAMW")):
            x, y, slice_, _ = _place(f"{own}${part}", bels)
            wanted[x, y, f"{slice_}.MODE"] = (cell.name, mode)
    for (x, y, key), (name, mode) in wanted.items():
        yield name, f"{key} at X{x}/Y{y}", mode, settings.get((x, y), {}).get(key, "LOGIC")
    for (x, y), tile in settings.items():
        for key, value in tile.items():
            if value in ("DPRAM", "RAMW") and key.endswith(".MODE") and (x, y, key) not in wanted:
                yield f"X{x}/Y{y}", key, "LOGIC", value


def loops(settings: Settings, design: Design) -> Iterator[tuple[str, str, str, str]]:
    """Name, setting, wanted and found of the PLL: dividers, which are one less in the bits, and the output that feeds back."""
    there = {
        key: value for tile in settings.values() for key, value in tile.items() if key.startswith("CLK") or key == "FEEDBK_PATH"
    }
    for cell in design.cells("EHXPLLL"):
        for key in DIVIDERS:
            if key in cell.parameters:
                yield cell.name, key, f"{cell.number(key) - 1:07b}", there.get(key, "0" * 7)
        yield cell.name, "FEEDBK_PATH", cell.text("FEEDBK_PATH", "CLKOP"), there.get("FEEDBK_PATH", "CLKOP")


def _place(name: str, bels: dict[str, str]) -> tuple[int, int, str, str | None]:
    found = BEL.fullmatch(bels.get(name.removeprefix("top."), ""))
    if found is None:
        raise BuildError(f"the bitstream cannot be checked: nextpnr does not say where it put the cell {name}")
    return int(found[1]), int(found[2]), found[3], found[4]
