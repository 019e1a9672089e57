"""Wires of a Gowin chip: what its metal connects, by Project Apicula's database, and what the switches of a bitstream do."""

from collections.abc import Iterable
from typing import Any

from apycula import chipdb

from boards.netlist import NetlistError

CONSTANTS = {"VSS": "0", "VCC": "1"}
# Wires between neighbours: the name of one in a tile, and in which neighbour it has which other name.
LANES = (("SN", -1, 0, "N1"), ("SN", 1, 0, "S1"), ("EW", 0, -1, "W1"), ("EW", 0, 1, "E1"))


class Wires:
    """Wires of the chip by name; those that a switch or the metal connects are one."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self._same: dict[str, str] = {}
        self._metal()

    def name(self, row: int, column: int, wire: str) -> str:
        """The name of a wire as it is called in a tile, counted from zero."""
        return chipdb.wire2global(row + 1, column + 1, self.db, wire)

    def find(self, name: str) -> str:
        """The wire that stands for all that are connected with this one; a constant stands for what it drives."""
        while (other := self._same.get(name, name)) != name:
            name = other
        return name

    def join(self, one: str, other: str) -> None:
        """Connect two wires. Raises `NetlistError` where both are constants."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if other in CONSTANTS:
            one, other = other, one
        if other in CONSTANTS:
            raise NetlistError("a wire of the bitstream is tied to both constants")
        self._same[other] = one

    def source(self, row: int, column: int, to: str, from_: str) -> str:
        """Of the wires that the same fuses of a clock switch choose, the one that comes through the tile."""
        sources = self.db[row, column].clock_pips[to]
        alike = [source for source, fuses in sources.items() if fuses == sources[from_]]
        here = [source for source in alike if (row, column, source) in self._here]
        return here[0] if len(here) == 1 else from_

    def _metal(self) -> None:
        """What is one wire on the chip, though tiles have names of their own for it."""
        self._here = {place for _, places in self.db.nodes.values() for place in places}
        for _, places in self.db.nodes.values():
            self._one(places)
        for (_, column, number), long in self.db.segments.items():
            ends = [(long[f"{end}_row"], column, long[f"{end}_wire"]) for end in ("top", "bottom")]
            rows = range(long["min_y"], long["max_y"] + 1)
            self._one([*ends, *((row, column, f"LT0{1 + 3 * (number // 4)}") for row in rows)])
            for row in rows:
                branches = ((row, each, f"LB{number}1") for each in range(long["min_x"], long["max_x"] + 1))
                self._one([(row, column, f"LBO{number // 4}"), *branches])
        for row in range(self.db.rows):
            for column in range(self.db.cols):
                for i in "12":
                    for wire, down, right, other in LANES:
                        here = self.name(row, column, f"{wire}{i}0")
                        self.join(here, self.name(row + down, column + right, f"{other}{i}1"))

    def _one(self, places: Iterable[tuple[int, int, str]]) -> None:
        """Join wires; each is known by its tile and its name there."""
        first, *others = (self.name(*place) for place in places)
        for other in others:
            self.join(first, other)
