"""From the bits of a Gowin bitstream back to a circuit, by the database of Project Apicula (the package apycula).

What a fuse means is told by that database, and which wires one switch connects. Of block RAMs `gowin_unpack` gives nothing
but the place; their modes are read from the fuses here (`gowin_blocks.py`). Not in the bits that are read: the contents of
block RAMs, which are noise, and what nobody has found out of a chip.
"""

import re
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from apycula import attrids, chipdb, gowin_unpack
from apycula.bslib import read_bitstream

from boards.gowin import DIES
from boards.netlist import NetlistError
from sim.bitstream.gowin_blocks import as_single, block_ram
from sim.bitstream.gowin_wires import CONSTANTS, Wires

# Of each die the tiles of its PLLs that hold no fuses of their own, and are read nevertheless.
PLL_TILES = {"GW1N-9C": ((9, 0), (9, 46)), "GW2A-18C": ((9, 0), (9, 55), (45, 0), (45, 55))}
PIN = re.compile(r'^IO_LOC "(.+)" (\d+);', re.MULTILINE)
DIVIDERS = {"IDIV_SEL", "FBDIV_SEL"}


def circuit(folder: Path, platform: Any, flips: Iterable[tuple[int, int]] = ()) -> dict[str, Any]:
    """The circuit of `top.fs`, for a platform of Amaranth's, with the names of the pins of `top.cst`.

    It is a design as nextpnr writes it after place and route. `flips` are rows and columns of bits that are read as what they
    are not. Raises `NetlistError` for what is not understood.
    """
    die, _ = DIES[platform.device]
    known = chipdb.load_chipdb(str(Path(chipdb.__file__).parent / f"{die}.msgpack.xz"))
    package = known.pinout[platform.device][known.packages[platform.part][0]]
    pins = PIN.findall((folder / "top.cst").read_text(encoding="utf-8"))
    bits = read_bitstream(str(folder / "top.fs"))[0]
    for row, column in flips:
        bits[row][column] ^= 1
    return Circuit(bits, die, known, {port: package[pin][0] for port, pin in pins}).design()


class Circuit:
    """The cells of the bits of a die; `pins` are places on the chip, as "IOL11A", by the name of the port.

    `db` is the database of the die. Raises `NetlistError` for what is not understood.
    """

    def __init__(self, bits: Any, die: str, db: Any, pins: dict[str, str]) -> None:
        self.db = db
        gowin_unpack._device = die
        self.wires = Wires(self.db)
        self.cells: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, tuple[str, str]] = {}  # direction and wire
        self._plls: dict[str, tuple[list[tuple[int, int]], dict[str, str]]] = {}
        self._one: list[list[str]] = []  # wires that lead to the same place
        self._places = {gowin_unpack.tbrl2rc(self.db, place): port for port, place in pins.items()}
        tiles = chipdb.tile_bitmap(self.db, bits)
        whole = chipdb.tile_bitmap(self.db, bits, empty=True)
        tiles |= {place: whole[place] for place in PLL_TILES[die]}
        self._tiles = tiles
        for place, tile in self._tiles.items():
            self._tile(*place, tile)
        for places, values in self._plls.values():
            if values.keys() >= DIVIDERS:
                self._pll(*places[0], values)

    def design(self) -> dict[str, Any]:
        """The text of the JSON, parsed."""
        for wires in self._one:
            if len({self.wires.find(wire) for wire in wires}) > 1:
                raise NetlistError(f"the address of a LUT RAM is not the same in all its tables: {', '.join(wires)}")
        outputs = {wire for cell in self.cells.values() for pin in cell["drives"] for wire in cell["pins"][pin]}
        driven = {self.wires.find(wire) for wire in outputs} | set(CONSTANTS)
        driven |= {self.wires.find(wire) for direction, wire in self.ports.values() if direction == "input"}
        numbers, numbered = count(2), dict[str, int | str](CONSTANTS)

        def bit(wire: str) -> int | str:
            root = self.wires.find(wire)
            if root not in numbered:
                numbered[root] = next(numbers)
            return numbered[root]

        cells = {}
        for name, cell in self.cells.items():
            pins = {
                pin: [bit(wire) for wire in wires]
                for pin, wires in cell["pins"].items()
                if pin in cell["drives"] or any(self.wires.find(wire) in driven for wire in wires)
            }
            if cell["type"].startswith("DFF") and not self._is_clocked(pins, "CLK"):
                continue  # a flip-flop that nobody uses
            kind = {name: cell[name] for name in ("type", "parameters", "attributes")}
            if cell["type"] == "DP" and not self._is_clocked(pins, "CLKB"):
                kind["type"] = "SP"
                kind["parameters"], pins = as_single(kind["parameters"], pins)
            drives = {pin for pin in pins if pin in cell["drives"] or pin.startswith("DO")}
            directions = {pin: "output" if pin in drives else "input" for pin in pins}
            cells[name] = kind | {"port_directions": directions, "connections": pins}
        ports = {port: {"direction": direction, "bits": [bit(wire)]} for port, (direction, wire) in self.ports.items()}
        return {"modules": {"top": {"attributes": {}, "ports": ports, "cells": cells, "netnames": {}}}}

    @staticmethod
    def _is_clocked(pins: dict[str, list[int | str]], pin: str) -> bool:
        return isinstance(pins.get(pin, ["x"])[0], int)

    def _tile(self, row: int, column: int, tile: Any) -> None:
        bels, switches, clocks = gowin_unpack.parse_tile_(self.db, row, column, tile, noiostd=False)
        switches |= {to: self.wires.source(row, column, to, from_) for to, from_ in clocks.items()}
        for to, from_ in switches.items():
            self.wires.join(self.wires.name(row, column, to), self.wires.name(row, column, from_))
        known = self.db[row, column].bels
        memory = "RAM16" in bels
        for i in range(8):
            if f"LUT{i}" in known and not (memory and i < 4):
                self._table(row, column, i, bels)
        if memory:
            self._lut_ram(row, column, bels)
        for name, flags in bels.items():
            if name.startswith("DFF") and not memory:
                self._flip_flop(row, column, int(name[3:]), flags)
            elif name.startswith("IOB"):
                self._pin(row, column, name, flags)
            elif name.startswith("RPLL"):  # of two parts, with one number
                place, values = self._plls.setdefault(name[5:], ([], {}))
                place += [(row, column)] if name[4] == "A" else []
                values |= dict(flag.split("=", 1) for flag in flags)
            elif name.startswith("BSRAM") and not name.startswith("BSRAM_AUX"):
                aside = [(self._tiles.get((row, column + i)), self.db[row, column + i].ttyp) for i in range(3)]
                kind, parameters, pins = block_ram(self.db, aside, known["BSRAM"].portmap)
                outputs = [pin for pin in pins if pin.startswith("DO")]
                self._add(row, column, kind, "BSRAM", pins, outputs, parameters, BSRAM_SUBTYPE="X9")

    def _add(
        self,
        row: int,
        column: int,
        kind: str,
        bel: str,
        pins: dict[str, Any],
        drives: Iterable[str],
        parameters: dict[str, str] | None = None,
        **attributes: str,
    ) -> None:
        named = {
            pin: [self.wires.name(row, column, wire) for wire in ([wires] if isinstance(wires, str) else wires)]
            for pin, wires in pins.items()
        }
        cell = {"type": kind, "parameters": parameters or {}, "attributes": attributes, "pins": named, "drives": set(drives)}
        self.cells[f"X{column}Y{row}/{bel}"] = cell

    def _table(self, row: int, column: int, i: int, bels: dict[str, set[Any]]) -> None:
        """A LUT, or a carry with the sixteen bits of the LUT."""
        table = f"{self._bits(bels, i):016b}"
        pins = {f"I{place}": f"{letter}{i}" for place, letter in enumerate("ABCD")}
        if f"ALU{i}" in bels:
            carry = (column, f"COUT{i - 1}") if i else (column - 1, "COUT5")
            pins |= {"SUM": f"F{i}", "COUT": f"COUT{i}"}
            self._add(row, column, "ALU", f"ALU{i}", pins, ("SUM", "COUT"), {"RAW_ALU_LUT": table})
            self.cells[f"X{column}Y{row}/ALU{i}"]["pins"]["CIN"] = [self.wires.name(row, *carry)]
        else:
            self._add(row, column, "LUT4", f"LUT{i}", pins | {"F": f"F{i}"}, ("F",), {"INIT": table})

    @staticmethod
    def _bits(bels: dict[str, set[Any]], i: int) -> int:
        return 0xFFFF - sum(1 << bit for bit in bels.get(f"LUT{i}", ()))

    def _lut_ram(self, row: int, column: int, bels: dict[str, set[Any]]) -> None:
        known = self.db[row, column]
        pins = dict(known.bels["RAM16"].portmap)
        slices = gowin_unpack.parse_attrvals(
            self._tiles[row, column],
            self.db.rev_logicinfo("SLICE"),
            self.db.shortval[known.ttyp]["CLS2"],
            attrids.cls_attrids,
            "CLS",
        )
        if slices.get("LSR_MUX_LSR") != attrids.cls_attrvals["INV"]:  # the chip writes while the wire is low
            raise NetlistError(f"X{column}Y{row}/RAM16: the fuses do not turn its write enable round")
        first = [wires[0] for wires in pins["RAD"]]
        self._one += [[self.wires.name(row, column, wire) for wire in wires] for wires in pins["RAD"]]
        parameters = {f"INIT_{i}": f"{self._bits(bels, i):016b}" for i in range(4)}
        self._add(row, column, "RAM16SDP4", "RAM16", pins | {"RAD": first}, ("DO",), parameters)

    def _flip_flop(self, row: int, column: int, i: int, flags: set[str]) -> None:
        (kind,) = flags
        if kind not in gowin_unpack.dffmap or "N" in kind:  # DFFN and DL share a fuse: either may be told as the other
            place = f"X{column}Y{row}/DFF{i}"
            raise NetlistError(f"{place} takes its input at the falling edge, or is a latch: neither is modelled")
        pins = {"D": f"F{i}", "Q": f"Q{i}", "CLK": f"CLK{i // 2}", "CE": f"CE{i // 2}"}
        if gowin_unpack.dffmap[kind]:
            pins[gowin_unpack.dffmap[kind]] = f"LSR{i // 2}"
        self._add(row, column, f"{kind}E", f"DFF{i}", pins, ("Q",))

    def _pin(self, row: int, column: int, name: str, flags: set[str]) -> None:
        """A pin of the package. Those that the design has no port for are left as they are."""
        port = self._places.get((row, column, name[3]))
        if port is None:
            return
        wires = self.db[row, column].bels[name].portmap
        direction = "input" if "IBUF" in flags else "output"
        self.ports[port] = direction, self.wires.name(row, column, wires["O" if direction == "input" else "I"])

    def _pll(self, row: int, column: int, values: dict[str, str]) -> None:
        wires = self.db[row, column].bels["RPLLA"].portmap
        pins = {pin: wires[pin] for pin in ("CLKIN", "CLKOUT", "LOCK")}
        parameters = {name: f"{int(values[name]):032b}" for name in sorted(DIVIDERS)}
        self._add(row, column, "rPLL", "PLL", pins, ("CLKOUT", "LOCK"), parameters)
