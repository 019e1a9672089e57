"""Project IceStorm's database of the iCE40 UP5K: which bit of which tile means what, and which wires are one net.

It is the text `chipdb-5k.txt` of Debian's package `fpga-icestorm-chipdb`, whose head describes the format. It was found by
experiments with the vendor's tools. nextpnr's database is made from it, so a mistake in it would be theirs too; how nextpnr and
icepack use it is their own, and a mistake there shows here.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from boards.netlist import NetlistError

VARIABLE = "ICEBOX_CHIPDB"
FILE = Path("/usr/share/fpga-icestorm/chipdb/chipdb-5k.txt")

Tile = tuple[int, int]
Bit = tuple[int, int]  # row and column in a tile


@dataclass(frozen=True)
class Switch:
    """A net that one of several others may drive: `choices` has the driver for each value of the bits of a tile."""

    tile: Tile
    net: int
    bits: tuple[Bit, ...]
    choices: dict[str, int]


@dataclass
class Database:
    """Members: `nets` by tile and name; `switches`; `functions` by kind of tile and name; `kinds` of tiles; `special` cells by
    type, each with tile and name of every pin and setting; `pads` of a package, pin to tile and block; `column_buffers`, tile
    to the tile whose buffers its global nets go through; `fabric_to_global` and `pad_to_global`; `extra_bits` by name.
    """

    nets: dict[tuple[int, int, str], int] = field(default_factory=dict)
    switches: list[Switch] = field(default_factory=list)
    functions: dict[str, dict[str, tuple[Bit, ...]]] = field(default_factory=lambda: defaultdict(dict))
    kinds: dict[Tile, str] = field(default_factory=dict)
    special: dict[str, list[dict[str, tuple[int, int, str]]]] = field(default_factory=lambda: defaultdict(list))
    pads: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    column_buffers: dict[Tile, Tile] = field(default_factory=dict)
    fabric_to_global: dict[Tile, int] = field(default_factory=dict)
    pad_to_global: dict[tuple[int, int, int], int] = field(default_factory=dict)
    extra_bits: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def bit(name: str) -> Bit:
    """`B3[17]`: row and column; a `!` before it, which only says that the bit is usually clear, is dropped."""
    row, column = name.lstrip("!B").rstrip("]").split("[")
    return int(row), int(column)


def path() -> Path:
    """The file, from the variable or where Debian puts it. Raises `NetlistError`."""
    found = Path(os.environ.get(VARIABLE) or FILE)
    if not found.exists():
        raise NetlistError(
            f"{found} is missing: install it (Debian, Ubuntu: sudo apt-get install fpga-icestorm-chipdb), or name the file "
            f"chipdb-5k.txt in the variable {VARIABLE}"
        )
    return found


def read(package: str) -> Database:
    """The database, with the pads of one package. Takes seconds. Raises `NetlistError`."""
    found = Database()
    with path().open(encoding="utf-8") as file:
        section: list[str] = []
        for line in file:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0].startswith("."):
                section = words
                _declare(found, section)
            else:
                _entry(found, section, words, package)
    return found


def _declare(found: Database, words: list[str]) -> None:
    kind = words[0][1:]
    if kind in ("buffer", "routing"):
        tile = int(words[1]), int(words[2])
        found.switches.append(Switch(tile, int(words[3]), tuple(map(bit, words[4:])), {}))
    elif kind == "extra_cell":
        found.special[words[-1]].append({})
    elif kind.endswith("_tile"):
        found.kinds[int(words[1]), int(words[2])] = kind.removesuffix("_tile")


def _entry(found: Database, section: list[str], words: list[str], package: str) -> None:
    kind = section[0][1:]
    if kind == "net":
        found.nets[int(words[0]), int(words[1]), words[2]] = int(section[1])
    elif kind in ("buffer", "routing"):
        found.switches[-1].choices[words[0]] = int(words[1])
    elif kind.endswith("_tile_bits"):
        found.functions[kind.removesuffix("_tile_bits")][words[0]] = tuple(map(bit, words[1:]))
    elif kind == "extra_cell":
        if len(words) >= 4:
            found.special[section[-1]][-1][words[0]] = int(words[1]), int(words[2]), words[3]
    elif kind == "extra_bits":
        found.extra_bits[words[0]] = int(words[1]), int(words[2]), int(words[3])
    elif kind == "pins" and section[1] == package:
        found.pads[words[0]] = int(words[1]), int(words[2]), int(words[3])
    elif kind == "colbuf":
        found.column_buffers[int(words[2]), int(words[3])] = int(words[0]), int(words[1])
    elif kind == "gbufin":
        found.fabric_to_global[int(words[0]), int(words[1])] = int(words[2])
    elif kind == "gbufpin":
        found.pad_to_global[int(words[0]), int(words[1]), int(words[2])] = int(words[3])
