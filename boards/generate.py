"""The sources of a build: RTLIL of the board's top and of one cell, the constraints, and the script for Yosys."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from amaranth.back import rtlil

from boards.clocks import Clocks, uart_rate
from boards.pll import Pll
from boards.target import Step, Target
from boards.top import Top
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.generate import build_id
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from hw.store.chip import BOARD_CHIPS
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry
from sw.files.output import write_text

TOP_MODULE = "top"
SCRIPT, NETLIST, COUNTS = "synthesis.ys", "top.json", "cells.json"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What `write` wrote the files of: the platform that they are for, the clock and the rate of the serial line."""

    platform: Any
    pll: Pll
    rate: BaudRate


def write(target: Target, geometry: Geometry, baud: int, asked_mhz: float, folder: Path) -> Sources:
    """Write the sources of a build into `folder`. Raises `RequestError` for a clock that cannot be made or used.

    Nothing in them depends on the day, the machine or the folder: the same sources give the same bitstream.
    """
    platform = target.platform()
    pll = target.family.pll(Fraction(platform.default_clk_frequency), Fraction(str(asked_mhz)) * 1_000_000)
    rate = uart_rate(pll.frequency, baud)
    chip, _ = BOARD_CHIPS.get(target.name, (None, 0))
    accelerator = SerialAccelerator(
        geometry,
        rate,
        build=build_id(),
        cell_instances=True,
        escaped=BOARDS[target.name].escaped,
        chip=chip,
        memory_pins=target.memory_pins(platform) if chip else None,
    )
    clocks = Clocks(pll, buffered=target.family.buffered_clock)
    # emit_src: without the places in the sources, which are paths of this machine.
    top = Top(accelerator, clocks, uart=target.uart, lamp=target.lamp, high=target.high)
    plan = platform.prepare(top, TOP_MODULE, emit_src=False)
    for name, content in plan.files.items():
        if name.endswith((".il", ".lpf", ".pcf", ".cst", ".sdc")):
            text = content if isinstance(content, str) else content.decode()
            write_text(folder / name, without_brackets(text) if name.endswith(".il") else text)
    cell = rtlil.convert(Cell(geometry), name=CELL_MODULE, emit_src=False)
    write_text(folder / "cell.il", without_brackets(cell))
    write_text(folder / SCRIPT, "\n".join(script(target, geometry, platform.device)) + "\n")
    return Sources(platform=platform, pll=pll, rate=rate)


def without_brackets(text: str) -> str:
    """RTLIL whose identifiers have ( ) in the place of [ ].

    Amaranth names the elements of an array `data[1]` beside the array `data` itself. Yosys 0.70 takes the element for bit 1 of
    the array when it names the nets of the mapped design, and ties the wrong bits together.
    """
    return re.sub(r"[\\$]\S*\[\S*", lambda name: name[0].replace("[", "(").replace("]", ")"), text)


def synthesis() -> Step:
    """The run of Yosys. It writes its log itself: of YoWASP's output, nothing comes any more once ABC has run."""
    name = "synthesis"
    return Step(name=name, tool="yosys", arguments=("-l", f"{name}.log", "-s", SCRIPT), writes_log=True)


def script(target: Target, geometry: Geometry, device: str) -> list[str]:
    """Commands of Yosys. Modules are kept as long as possible: the cell is synthesised once."""
    return [
        "read_rtlil cell.il",
        f"read_rtlil {TOP_MODULE}.il",
        *(f'setattr -set ram_style "distributed" {memory}' for memory in target.lut_memories),
        *(f'setattr -set ram_style "block" {memory}' for memory in target.block_memories),
        *target.family.synthesis(),
        f"tee -q -o {COUNTS} stat -json -top {TOP_MODULE}",
        *target.family.floorplan(geometry, device),
        f"write_json {NETLIST}",
    ]
