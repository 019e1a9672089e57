"""What rules look at: a netlist of a board, with its constants resolved and the driver of each net known."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from boards.netlist import HIGH, LOW, Cell, Netlist

CONSTANTS = {"VCC": ("V", HIGH), "GND": ("G", LOW), "VHI": ("Z", HIGH), "VLO": ("Z", LOW)}


class Design:
    """The netlist of a board, from Yosys or from nextpnr (`text` of its JSON, parsed), without its hierarchy.

    `board` is the name of the target, `family` that of the class of its family, `constraints` the text of the file of pin
    constraints. Nets that a cell of a constant drives are the constants `LOW` and `HIGH`.
    """

    def __init__(self, text: dict[str, Any], *, board: str, family: str, constraints: str = "") -> None:
        self.board = board
        self.family = family
        self.constraints = constraints
        self.netlist = Netlist(text)
        # Names of nets for which Yosys found no register that holds the level they are to have at power-up.
        self.levels_left = [
            name
            for module in text["modules"].values()
            if not {"blackbox", "whitebox"} & module["attributes"].keys()
            for name, net in module.get("netnames", {}).items()
            if "init" in net["attributes"]
        ]
        for cell in self.netlist:
            if cell.type in CONSTANTS:
                pin, level = CONSTANTS[cell.type]
                self.netlist.join(cell.out(pin), level)

    def cells(self, *types: str) -> Iterator[Cell]:
        """The cells of these types, in the order of the file."""
        return (cell for cell in self.netlist if cell.type in types)

    def net(self, cell: Cell, pin: str, default: int = LOW) -> int:
        """The net of a pin of one bit; a pin that is left open is at `default`."""
        return self.netlist.net(cell.pin(pin, default))

    def bus(self, cell: Cell, pin: str) -> list[int]:
        """The nets of a pin of several bits."""
        return [self.netlist.net(net) for net in cell.nets.get(pin, [])]

    def is_constant(self, cell: Cell, pin: str) -> bool:
        """Whether a pin of one bit is at a constant, or left open."""
        return self.net(cell, pin) in (LOW, HIGH)

    @cached_property
    def drivers(self) -> dict[int, tuple[Cell, str]]:
        """Of each net the cell that drives it, and the pin; nothing for an input of the design."""
        return {self.netlist.net(net): (cell, pin) for cell in self.netlist for pin in cell.outputs for net in cell.nets[pin]}

    @cached_property
    def readers(self) -> dict[int, list[Cell]]:
        """Of each net that inputs of cells are at these cells, once for each input."""
        found: dict[int, list[Cell]] = {}
        for cell in self.netlist:
            for pin, nets in cell.nets.items():
                for net in nets if pin not in cell.outputs else ():
                    found.setdefault(self.netlist.net(net), []).append(cell)
        return found

    def driven_by(self, net: int) -> str:
        """Who drives a net, for a sentence: "the LUT4 top.a" or "a pin of the board"."""
        found = self.drivers.get(net)
        return f"{found[1]} of the {found[0].type} {found[0].name}" if found else "a pin of the board"
