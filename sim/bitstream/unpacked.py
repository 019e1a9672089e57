"""The text that iceunpack makes of a bitstream: the bits of every tile, the words of the block RAMs."""

from dataclasses import dataclass, field

from sim.bitstream.icebox import Bit, Tile
from sim.native.compiler import BuildError

DEVICE = "5k"


@dataclass
class Unpacked:
    """`tiles`: rows of "0" and "1"; `words`: of block RAMs with contents, 16 lines each; `extra`: bits by bank, place."""

    tiles: dict[Tile, list[str]] = field(default_factory=dict)
    words: dict[Tile, list[str]] = field(default_factory=dict)
    extra: set[tuple[int, int, int]] = field(default_factory=set)

    def bit(self, tile: Tile, place: Bit) -> bool:
        """One bit of a tile."""
        return self.tiles[tile][place[0]][place[1]] == "1"

    def flip(self, tile: Tile, place: Bit) -> None:
        """Make one bit of a tile the other one."""
        row = self.tiles[tile][place[0]]
        self.tiles[tile][place[0]] = row[: place[1]] + "10"[int(row[place[1]])] + row[place[1] + 1 :]


def parse(text: str) -> Unpacked:
    """From the file's text. Raises `BuildError` for one of another device."""
    found = Unpacked()
    rows: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == ".device" and words[1] != DEVICE:
            raise BuildError(f"the bitstream is for the device {words[1]}, expected {DEVICE}")
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
        raise BuildError("the unpacked bitstream has no tiles")
    return found
