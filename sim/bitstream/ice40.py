"""The circuit that the bits of an iCE40 UP5K configure, as a design in Yosys' JSON of the vendor's cells.

What the bits say is modelled or refused: an edge, a mode, a cell that is not here raises `NetlistError`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from boards.netlist import NetlistError
from sim.bitstream import icebox
from sim.bitstream.ice40_bits import Bits, unpack
from sim.bitstream.ice40_wires import GLOBALS, HIGH, Wires
from sim.bitstream.icebox import Bit, Database, Tile

# Of the 20 bits of a logic cell: those of its table, from 0000 to 1111 of its inputs 3 to 0, and four settings.
TABLE_BITS = (4, 14, 15, 5, 6, 16, 17, 7, 3, 13, 12, 2, 1, 11, 10, 0)
CARRY_BIT, FLIP_FLOP_BIT, SET_BIT, ASYNCHRONOUS_BIT = 8, 9, 18, 19
LOGIC_CELLS = 8
PLL_OF_A_PAD = 0b010  # PLLTYPE
PLL_SETTINGS = {"DIVR": 4, "DIVF": 7, "DIVQ": 3, "FILTER_RANGE": 3, "FEEDBACK_PATH": 3}
SPRAM_BUSES = {"ADDRESS": 14, "DATAIN": 16, "MASKWREN": 4}
SPRAM_PINS = ("WREN", "CHIPSELECT", "CLOCK", "STANDBY", "SLEEP", "POWEROFF")


CONSTRAINTS = "top.pcf"


def circuit(folder: Path, platform: Any) -> dict[str, Any]:
    """The circuit of the bitstream in a build folder, for a platform of Amaranth's. Raises `NetlistError`."""
    return Circuit(unpack(folder), icebox.read(platform.package.lower()), ports(folder)).design()


def ports(folder: Path) -> dict[str, str]:
    """The port at each pin, from the constraints that Amaranth wrote (`set_io PORT PIN`)."""
    lines: Iterable[list[str]] = (line.split() for line in (folder / CONSTRAINTS).read_text(encoding="utf-8").splitlines())
    return {words[2]: words[1] for words in lines if len(words) == 3 and words[0] == "set_io"}


class Circuit:
    """`ports`: name of the port at each pin of the package. `cells`: Yosys' cells, once all bits are read."""

    def __init__(self, bits: Bits, database: Database, ports: Mapping[str, str]) -> None:
        self.bits, self.database, self.ports = bits, database, ports
        self.cells: dict[str, dict[str, Any]] = {}
        self.wires = Wires(bits, database)
        self.nets_of_ports = {name: self.wires.drive(self.wires.new()) for name in ports.values()}
        self._pending: list[tuple[str, str, dict[str, int | str], dict[str, Any], dict[str, Any]]] = []
        self._pads()
        self._globals()
        for tile, kind in database.kinds.items():
            if kind == "logic":
                self._carries(tile)
                for i in range(LOGIC_CELLS):
                    self._logic_cell(tile, i)
            elif kind == "ramb":
                self._block_ram(tile)
            elif kind.startswith("dsp"):
                self._refuse_multiplier(tile, kind)
        for cell in database.special["SPRAM"]:
            self._single_port_ram(cell)
        self._finish()

    def design(self) -> dict[str, Any]:
        """For `sim.netlist.build.flattened`."""
        ports = {name: {"direction": "inout", "bits": [net]} for name, net in self.nets_of_ports.items()}
        return {"modules": {"top": {"attributes": {}, "ports": ports, "cells": self.cells}}}

    def _add(self, name: str, kind: str, parameters: dict[str, str], outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """A cell: the net or nets of each pin, None for a wire that the chip has not; a pair is a net and its default."""
        driven = {pin: _each(self.wires.drive, nets) for pin, nets in outputs.items()}
        self._pending.append((name, kind, parameters, driven, inputs))  # type: ignore[arg-type]

    def _finish(self) -> None:
        """What inputs see, now that every driver is known. A table that is constant is no cell."""
        pending, before = self._pending, []
        while len(pending) != len(before):
            pending, before = [cell for cell in pending if not self._is_constant(*cell[1:])], pending
        for name, kind, parameters, driven, inputs in pending:
            seen = {pin: _each(lambda net: self.wires.read(*net) if isinstance(net, tuple) else self.wires.read(net), nets)
                    for pin, nets in inputs.items()}  # fmt: skip
            connections = {pin: list(nets) if isinstance(nets, list) else [nets] for pin, nets in (driven | seen).items()}
            self.cells[name] = {"type": kind, "parameters": parameters, "port_directions": {}, "connections": connections}

    def _is_constant(self, kind: str, parameters: dict[str, str], driven: dict[str, Any], inputs: dict[str, Any]) -> bool:
        if kind != "SB_LUT4":
            return False
        seen = [self.wires.read(net) for net in inputs.values()]
        fixed = {k: int(level) for k, level in enumerate(seen) if isinstance(level, str)}
        table = enumerate(reversed(parameters["LUT_INIT"]))
        levels = {level for place, level in table if all(place >> k & 1 == bit for k, bit in fixed.items())}
        if len(levels) > 1:
            return False
        self.wires.tie(driven["O"], levels.pop())
        return True

    def _is_set(self, tile: Tile, function: str) -> bool:
        """Whether all bits of a function of a tile are set."""
        return all(self.bits.is_set(tile, place) for place in self._places(tile, function))

    def _places(self, tile: Tile, function: str) -> tuple[Bit, ...]:
        return self.database.functions[self.database.kinds[tile]][function]

    # --- logic

    def _carries(self, tile: Tile) -> None:
        if self._is_set(tile, "NegClk"):
            raise NetlistError(f"tile {tile} uses the falling edge of its clock, which is not modelled")
        if self._is_set(tile, "CarryInSet"):
            self.wires.tie(self.wires.named(tile, "carry_in_mux"), HIGH)

    def _logic_cell(self, tile: Tile, i: int) -> None:
        setting = [self.bits.is_set(tile, place) for place in self._places(tile, f"LC_{i}")]
        if not any(setting):
            return
        name, at = f"logic_{tile[0]}_{tile[1]}_{i}", lambda wire: self.wires.at(tile, wire)
        inputs = [at(f"lutff_{i}/in_{k}") for k in range(4)]
        out, lone = at(f"lutff_{i}/out"), at(f"lutff_{i}/lout")
        table = "".join("01"[setting[place]] for place in reversed(TABLE_BITS))
        if setting[CARRY_BIT]:
            below = "carry_in_mux" if i == 0 else f"lutff_{i - 1}/cout"
            carries = {"I0": inputs[1], "I1": inputs[2], "CI": at(below)}
            self._add(f"{name}.carry", "SB_CARRY", {}, {"CO": at(f"lutff_{i}/cout")}, carries)
        if setting[FLIP_FLOP_BIT]:
            data = self.wires.new() if lone is None else lone
            self._flip_flop(f"{name}.flip_flop", tile, data, out, setting[SET_BIT], setting[ASYNCHRONOUS_BIT])
        else:
            data = out if out is not None else self.wires.new()
            if lone is not None:
                self.wires.join(lone, data)
        # Its output may be an input of its own carry, which shares two inputs with the table: no loop, if the table ignores it.
        seen = {f"I{k}": net if _matters(table, k) else None for k, net in enumerate(inputs)}
        self._add(f"{name}.lut", "SB_LUT4", {"LUT_INIT": table}, {"O": data}, seen)

    def _flip_flop(self, name: str, tile: Tile, data: int, out: int | None, sets: bool, asynchronous: bool) -> None:
        clock, enable, reset = (self.wires.at(tile, f"lutff_global/{wire}") for wire in ("clk", "cen", "s_r"))
        kind = ("S" if sets else "R") if asynchronous else ("SS" if sets else "SR")
        pins = {"C": clock, "D": data, "E": (enable, HIGH), "S" if sets else "R": reset}
        self._add(name, f"SB_DFFE{kind}", {}, {"Q": out}, pins)

    # --- memories

    def _block_ram(self, tile: Tile) -> None:
        above = (tile[0], tile[1] + 1)
        if not self._is_set(tile, "RamConfig.PowerUp"):
            return
        if self._is_set(tile, "NegClk") or self._is_set(above, "NegClk"):
            raise NetlistError(f"the block RAM in tile {tile} uses the falling edge of a clock, which is not modelled")

        def at(wire: str) -> int | None:
            here = self.wires.at(tile, f"ram/{wire}")
            return here if here is not None else self.wires.at(above, f"ram/{wire}")

        def bus(wire: str, width: int) -> list[int | None]:
            return [at(f"{wire}_{i}") for i in range(width)]

        modes = [int(self._is_set(above, f"RamConfig.CBIT_{i}")) for i in range(4)]
        lines = self.bits.words.get(tile, [])  # without any, nobody knows what it holds
        parameters = {"WRITE_MODE": f"{modes[1]}{modes[0]}", "READ_MODE": f"{modes[3]}{modes[2]}"}
        parameters |= {f"INIT_{i:X}": f"{int(line, 16):0256b}" for i, line in enumerate(lines)}
        inputs = {name: bus(name, 16) for name in ("MASK", "WDATA")} | {name: bus(name, 11) for name in ("WADDR", "RADDR")}
        controls = {name: at(name) for name in ("WCLK", "WE", "RCLK", "RE")}
        enables = {name: (at(name), HIGH) for name in ("WCLKE", "RCLKE")}
        name = f"block_ram_{tile[0]}_{tile[1]}"
        self._add(name, "SB_RAM40_4K", parameters, {"RDATA": bus("RDATA", 16)}, inputs | controls | enables)

    def _single_port_ram(self, cell: dict[str, tuple[int, int, str]]) -> None:
        x, y, enable = cell["SPRAM_EN"]
        if not self._is_set((x, y), f"IpConfig.{enable}"):
            return

        def at(pin: str) -> int | None:
            x, y, wire = cell[pin]
            return self.wires.at((x, y), wire)

        inputs = {bus: [at(f"{bus}_{i}") for i in range(width)] for bus, width in SPRAM_BUSES.items()}
        inputs |= {pin: at(pin) for pin in SPRAM_PINS}
        outputs = {"DATAOUT": [at(f"DATAOUT_{i}") for i in range(16)]}
        self._add(f"spram_{x}_{y}_{enable}", "SB_SPRAM256KA", {}, outputs, inputs)

    def _refuse_multiplier(self, tile: Tile, kind: str) -> None:
        used = [name for name in self.database.functions[kind] if "CBIT" in name and self._is_set(tile, name)]
        if used:
            raise NetlistError(f"the multiplier in tile {tile} is configured ({used[0]}), and is not modelled")

    # --- pads, the PLL, global nets

    def _pads(self) -> None:
        """The pads that have a port; and the PLL, which takes the place of the input of one of them."""
        (pll,) = self.database.special["PLL"]
        pll_pad = pll["PLLOUT_A"]
        for pin, port in self.ports.items():
            x, y, block = self.database.pads[pin]
            kind = sum(self._is_set((x, y), f"IOB_{block}.PINTYPE_{i}") << i for i in range(6))
            net = self.nets_of_ports[port]
            if (x, y, str(block)) == pll_pad and self._pll_type(pll):
                self._pll(pll, net)
                continue
            wires = {name: self.wires.at((x, y), f"io_{block}/{name}") for name in ("D_IN_0", "D_OUT_0", "OUT_ENB")}
            inputs = {"PACKAGE_PIN": net, "D_OUT_0": wires["D_OUT_0"], "OUTPUT_ENABLE": (wires["OUT_ENB"], HIGH)}
            self._add(f"pad_{pin}", "SB_IO", {"PIN_TYPE": f"{kind:06b}"}, {"D_IN_0": wires["D_IN_0"]}, inputs)

    def _pll_type(self, pll: dict[str, tuple[int, int, str]]) -> int:
        return self._setting(pll, "PLLTYPE", 3)

    def _setting(self, pll: dict[str, tuple[int, int, str]], name: str, width: int) -> int:
        places = [pll[f"{name}_{i}"] for i in range(width)]
        return sum(self._is_set((x, y), f"PLL.{bit}") << i for i, (x, y, bit) in enumerate(places))

    def _pll(self, pll: dict[str, tuple[int, int, str]], pad: int) -> None:
        if self._pll_type(pll) != PLL_OF_A_PAD:
            raise NetlistError(f"the PLL has the type {self._pll_type(pll)}, expected that of a pad, {PLL_OF_A_PAD}")
        settings = {name: f"{self._setting(pll, name, width):b}" for name, width in PLL_SETTINGS.items()}
        x, y, block = pll["PLLOUT_A"]
        core = self.wires.at((x, y), f"io_{block}/D_IN_0")
        outputs: dict[str, Any] = {"LOCK": self._pin(pll, "LOCK"), "PLLOUTCORE": core}
        number = self.database.pad_to_global[x, y, int(block)]
        if self.database.extra_bits[f"padin_glb_netwk.{number}"] in self.bits.extra:
            outputs["PLLOUTGLOBAL"] = self.wires.at((0, 1), f"glb_netwk_{number}")
        resets = {"PACKAGEPIN": pad, "RESETB": self._pin(pll, "RESETB"), "BYPASS": self._pin(pll, "BYPASS")}
        self._add("pll", "SB_PLL40_PAD", settings, outputs, resets)

    def _pin(self, pll: dict[str, tuple[int, int, str]], name: str) -> int | None:
        x, y, wire = pll[name]
        return self.wires.at((x, y), wire)

    def _globals(self) -> None:
        """Fabric that drives a global net: a buffer, unless a pad has the net."""
        taken = {i for i in range(GLOBALS) if self.database.extra_bits[f"padin_glb_netwk.{i}"] in self.bits.extra}
        for tile, number in self.database.fabric_to_global.items():
            if number not in taken:
                net = self.wires.at((0, 1), f"glb_netwk_{number}")
                source = self.wires.at(tile, "fabout")
                pins = {"GLOBAL_BUFFER_OUTPUT": net}, {"USER_SIGNAL_TO_GLOBAL_BUFFER": source}
                self._add(f"global_{number}", "SB_GB", {}, *pins)


def _matters(table: str, k: int) -> bool:
    """Whether a table, its value for all ones first, depends on input `k`."""
    levels = table[::-1]
    return any(levels[place] != levels[place ^ 1 << k] for place in range(len(levels)))


def _each(one: Any, nets: Any) -> Any:
    return [one(net) for net in nets] if isinstance(nets, list) else one(nets)
