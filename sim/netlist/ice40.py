"""Cells of the iCE40 as `sim/netlist/simulator.cpp` knows them."""

import re

from boards.netlist import HIGH, LOW, Cell, NetlistError
from sim.netlist.writer import Writer

FLIP_FLOP = re.compile(r"SB_DFF(E?)(|SR|SS|R|S)")


def lut4(cell: Cell, writer: Writer) -> None:
    """SB_LUT4: any function of four inputs."""
    writer.lut(cell.number("LUT_INIT"), cell.out("O"), [cell.pin(f"I{i}") for i in range(4)])


def carry(cell: Cell, writer: Writer) -> None:
    """SB_CARRY: the majority of three."""
    writer.lut(0xE8E8, cell.out("CO"), [cell.pin("I0"), cell.pin("I1"), cell.pin("CI"), LOW])


def flip_flop(cell: Cell, writer: Writer) -> None:
    """SB_DFF, SB_DFFE, and with R, S (at once) or SR, SS (at the clock, after the enable); zero at power-up."""
    found = FLIP_FLOP.fullmatch(cell.type)
    assert found
    enabled, reset = bool(found[1]), found[2]
    writer.clock(cell, "C")
    level, asynchronous = reset in ("S", "SS"), reset in ("R", "S")
    enable = cell.pin("E", HIGH) if enabled else HIGH
    resets = cell.pin("S" if level else "R") if reset else LOW
    writer.flip_flop(cell.out("Q"), cell.pin("D"), enable, resets, False, False, level, asynchronous, not asynchronous)


def ram(cell: Cell, writer: Writer) -> None:
    """SB_RAM40_4K: 256 words of 16 bits, or as many parts of words."""
    writer.clock(cell, "WCLK")
    writer.clock(cell, "RCLK")
    outputs = (cell.nets.get("RDATA", []) + [cell.netlist.new() for _ in range(16)])[:16]
    for net in outputs:
        writer.drive(net)
    write = [cell.pin("WCLKE", HIGH), cell.pin("WE")]
    read = [cell.pin("RCLKE", HIGH), cell.pin("RE")]
    nets = [*cell.bus("WADDR", 11), *cell.bus("MASK", 16), *cell.bus("WDATA", 16), *write]
    nets += [*cell.bus("RADDR", 11), *outputs, *read]
    slices = [cell.number(f"INIT_{i:X}") for i in range(16)]
    words = writer.contents([slices[i // 16] >> 16 * (i % 16) & 0xFFFF for i in range(256)], 16)
    writer.cell("ram4k", cell.number("WRITE_MODE"), cell.number("READ_MODE"), *map(writer.hex, nets), *words)


def spram(cell: Cell, writer: Writer) -> None:
    """SB_SPRAM256KA, always on: 16,384 words of 16 bits."""
    writer.clock(cell, "CLOCK")
    for pin, level in (("STANDBY", LOW), ("SLEEP", LOW), ("POWEROFF", HIGH)):
        if cell.netlist.net(cell.pin(pin, level)) != level:
            raise NetlistError(f"{cell.name}: an SB_SPRAM256KA whose {pin} is not {level} is not modelled")
    outputs = (cell.nets.get("DATAOUT", []) + [cell.netlist.new() for _ in range(16)])[:16]
    for net in outputs:
        writer.drive(net)
    nets = [*cell.bus("ADDRESS", 14), *cell.bus("DATAIN", 16), *cell.bus("MASKWREN", 4), *outputs]
    writer.cell("spram", *map(writer.hex, [*nets, cell.pin("WREN"), cell.pin("CHIPSELECT")]))


def pin(cell: Cell, writer: Writer) -> None:
    """SB_IO: a pin without registers, in one direction; an output that could be switched off never is."""
    kind = cell.number("PIN_TYPE")
    always_on = kind >> 2 == 0b1010 and cell.netlist.net(cell.pin("OUTPUT_ENABLE")) == HIGH
    if kind >> 2 == 0b0110 or always_on:
        cell.netlist.join(cell.pin("PACKAGE_PIN"), cell.pin("D_OUT_0"))
    elif kind == 0b000001:
        cell.netlist.join(cell.pin("PACKAGE_PIN"), cell.out("D_IN_0"))
    else:
        raise NetlistError(f"{cell.name}: an SB_IO of the type {kind:06b} is not modelled")


def buffer(cell: Cell, writer: Writer) -> None:
    """SB_GB: a net that reaches the whole device."""
    cell.netlist.join(cell.pin("USER_SIGNAL_TO_GLOBAL_BUFFER"), cell.out("GLOBAL_BUFFER_OUTPUT"))


def pll(cell: Cell, writer: Writer) -> None:
    """SB_PLL40_PAD and SB_PLL40_CORE: the output is the input, so that a cycle of the simulation is one of the design."""
    for output in ("PLLOUTGLOBAL", "PLLOUTCORE"):
        if output in cell.nets:
            cell.netlist.join(cell.pin("PACKAGEPIN" if cell.type == "SB_PLL40_PAD" else "REFERENCECLK"), cell.pin(output))
    writer.lock(cell.out("LOCK"))


# What only connects comes first: it decides which nets are one.
WIRES = {"SB_IO": pin, "SB_GB": buffer, "SB_PLL40_PAD": pll, "SB_PLL40_CORE": pll}
CELLS = {
    "SB_LUT4": lut4,
    "SB_CARRY": carry,
    **{f"SB_DFF{enable}{reset}": flip_flop for enable in ("", "E") for reset in ("", "SR", "SS", "R", "S")},
    "SB_RAM40_4K": ram,
    "SB_SPRAM256KA": spram,
}
