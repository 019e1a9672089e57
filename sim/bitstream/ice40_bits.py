"""The bits of an iCE40's bitstream, as the text of iceunpack has them: those of every tile, and the words of the block RAMs."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from boards.netlist import NetlistError
from boards.tools import find_tool
from sim.bitstream.icebox import Bit, Tile

DEVICE = "5k"
BITSTREAM, TEXT = "top.bin", "unpacked.asc"


@dataclass
class Bits:
    """`tiles`: rows of "0" and "1"; `words`: of block RAMs with contents, 16 lines each; `extra`: bits by bank, place."""

    tiles: dict[Tile, list[str]] = field(default_factory=dict)
    words: dict[Tile, list[str]] = field(default_factory=dict)
    extra: set[tuple[int, int, int]] = field(default_factory=set)

    def is_set(self, tile: Tile, place: Bit) -> bool:
        """One bit of a tile."""
        return self.tiles[tile][place[0]][place[1]] == "1"

    def flip(self, tile: Tile, place: Bit) -> None:
        """Make one bit of a tile the other one."""
        row = self.tiles[tile][place[0]]
        self.tiles[tile][place[0]] = row[: place[1]] + "10"[int(row[place[1]])] + row[place[1] + 1 :]


def unpack(folder: Path) -> Bits:
    """The bits of the bitstream that a build left in a folder. Raises `NetlistError`."""
    # nextpnr's own text tells names of nets in comments; iceunpack sees the bits alone.
    command = [find_tool("iceunpack"), BITSTREAM, TEXT]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NetlistError(f"iceunpack failed: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}")
    return parse((folder / TEXT).read_text(encoding="utf-8"))


def parse(text: str) -> Bits:
    """From the text of iceunpack. Raises `NetlistError` for another device."""
    found = Bits()
    rows: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == ".device" and words[1] != DEVICE:
            raise NetlistError(f"the bitstream is for the device {words[1]}, expected {DEVICE}")
        if words[0] == ".extra_bit":
            found.extra.add((int(words[1]), int(words[2]), int(words[3])))
        elif words[0].endswith("_tile"):
            rows = found.tiles.setdefault((int(words[1]), int(words[2])), [])
        elif words[0] == ".ram_data":
            rows = found.words.setdefault((int(words[1]), int(words[2])), [])
        elif words[0].startswith("."):
            rows = []
        else:
            rows.append(words[0])
    if not found.tiles:
        raise NetlistError("the unpacked bitstream has no tiles")
    return found
