"""Logic cells of Gowin's devices as `sim/netlist/simulator.cpp` knows them, after synthesis and after place and route.

What they do is told by Gowin's UG288 and SUG283 (Yosys: share/gowin/cells_sim.v). After place and route a cell may have
pins that lead nowhere, and the carry into a chain comes from the cell to the left of it: those are noise here.
"""

import re
from collections.abc import Callable

from boards.netlist import HIGH, LOW, Cell, NetlistError
from sim.netlist import gowin_memory
from sim.netlist.writer import Writer

FLIP_FLOP = re.compile(r"DFF([RSPC]?)(E?)")
RESETS = {"R": "RESET", "S": "SET", "P": "PRESET", "C": "CLEAR"}
# By ALU_MODE: what I0, I1, I3 propagate the carry by, and what is carried where they do not.
MODES: dict[int, tuple[Callable[[int, int, int], int], Callable[[int, int, int], int]]] = {
    0: (lambda a, b, d: a ^ b, lambda a, b, d: a),
    1: (lambda a, b, d: a ^ b ^ 1, lambda a, b, d: a),
    2: (lambda a, b, d: a ^ b ^ d ^ 1, lambda a, b, d: a),
    3: (lambda a, b, d: a ^ b ^ 1, lambda a, b, d: 1),
    4: (lambda a, b, d: a ^ b ^ 1, lambda a, b, d: a),
    5: (lambda a, b, d: a ^ b ^ 1, lambda a, b, d: b),
    6: (lambda a, b, d: a, lambda a, b, d: 0),
    7: (lambda a, b, d: a ^ 1, lambda a, b, d: 1),
    8: (lambda a, b, d: a ^ d ^ 1, lambda a, b, d: a),
}
# What place and route puts at the ends of a chain, by the sixteen bits of the cell's table.
ENDS = {"C2L": 0x0000, "ONE2C": 0x000F}


def lut(cell: Cell, writer: Writer) -> None:
    """LUT1 to LUT4: any function of I0 to I3."""
    if not cell.nets.get("F"):  # the table of a LUT RAM after place and route
        return
    inputs = int(cell.type[3:])
    table = cell.number("INIT") & (1 << (1 << inputs)) - 1
    for bits in range(inputs, 4):
        table |= table << (1 << bits)
    writer.lut(table, cell.out("F"), _inputs(cell, writer, table, [f"I{i}" for i in range(inputs)]))


def mux(cell: Cell, writer: Writer) -> None:
    """MUX2_LUT5 to MUX2_LUT8: multiplexers behind LUTs."""
    writer.lut(0xCACA, cell.out("O"), [cell.pin("I0"), cell.pin("I1"), cell.pin("S0"), LOW])


def alu(cell: Cell, writer: Writer) -> None:
    """ALU: a bit of a carry chain.

    Its table is one of I0 + 2·I1 + 4·I2 + 8·I3 that propagates the carry; the lowest four entries also make, of I0 and I1, the
    carry that is generated. I2 is high.
    """
    outputs = [pin for pin in ("SUM", "COUT") if cell.nets.get(pin)]
    if not outputs:
        return
    mode = cell.text("ALU_MODE", "0")
    table = cell.number("RAW_ALU_LUT") if "RAW_ALU_LUT" in cell.parameters else ENDS.get(mode)
    if cell.netlist.net(cell.pin("I2", HIGH)) != HIGH and table != 0:  # of zeros: it takes part in no chain
        raise NetlistError(f"{cell.name}: an ALU whose I2 is not high is not modelled")
    if table is not None:
        propagates, generates = by_table(table)
    elif int(mode, 2) in MODES:
        propagates, generates = MODES[int(mode, 2)]
    else:
        raise NetlistError(f"{cell.name}: an ALU with ALU_MODE = {int(mode, 2)} is not modelled")
    places = [(i, i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3) for i in range(16)]
    sums = sum((propagates(a, b, d) ^ carry) << i for i, a, b, d, carry in places)
    carries = sum((carry if propagates(a, b, d) else generates(a, b, d)) << i for i, a, b, d, carry in places)
    for pin in outputs:
        function = sums if pin == "SUM" else carries
        writer.lut(function, cell.out(pin), _inputs(cell, writer, function, ["I0", "I1", "I3", "CIN"]))


def by_table(table: int) -> tuple[Callable[[int, int, int], int], Callable[[int, int, int], int]]:
    """What the sixteen bits of an ALU's table propagate the carry by, and what they generate, while I2 is high."""
    return lambda a, b, d: table >> (a + 2 * b + 4 + 8 * d) & 1, lambda a, b, d: table >> (a + 2 * b) & 1


def flip_flop(cell: Cell, writer: Writer) -> None:
    """DFF, and with R, S (at the clock, before the enable), C or P (at once), E (enable); what sets it also powers it up."""
    found = FLIP_FLOP.fullmatch(cell.type)
    assert found
    kind, enabled = found[1], bool(found[2])
    writer.clock(cell, "CLK")
    level = kind in ("S", "P")
    enable = cell.pin("CE", HIGH) if enabled else HIGH
    reset = cell.pin(RESETS[kind]) if kind else LOW
    at_once = kind in ("P", "C")
    writer.flip_flop(cell.out("Q"), cell.pin("D"), enable, reset, False, False, level, at_once, False, initial=level)


def lut_ram(cell: Cell, writer: Writer) -> None:
    """RAM16SDP1, RAM16SDP2, RAM16SDP4: 16 words of 1, 2 or 4 bits; the bitstream has them, as it has tables of LUTs."""
    if cell.netlist.net(cell.pin("CE", HIGH)) != HIGH:
        raise NetlistError(f"{cell.name}: a {cell.type} whose CE is not high is not modelled")
    writer.clock(cell, "CLK")
    width = int(cell.type[8:])
    columns = [cell.number(f"INIT_{i}") for i in range(width)]
    words = writer.contents([sum((c >> place & 1) << i for i, c in enumerate(columns)) for place in range(16)], width)
    inputs = [*cell.bus("DI", 4), *cell.bus("WAD", 4), *cell.bus("RAD", 4)]
    outputs = (cell.nets.get("DO", []) + [cell.netlist.new() for _ in range(4)])[:4]
    writer.cell("lutram", nets=[*inputs, *outputs], drives=4, more=[writer.hex(cell.pin("WRE")), 0, *words])


def pin(cell: Cell, writer: Writer) -> None:
    """IBUF, OBUF, and TBUF and IOBUF in one direction: pins without registers."""
    if cell.type in ("TBUF", "IOBUF") and cell.netlist.net(cell.pin("OEN")) != LOW:
        raise NetlistError(f"{cell.name}: a {cell.type} that can be switched off is not modelled")
    cell.netlist.join(cell.pin("I"), cell.pin("IO") if cell.type == "IOBUF" else cell.out("O"))


def constant(cell: Cell, writer: Writer) -> None:
    """GND, VCC and what place and route makes of them."""
    for name, level in (("G", LOW), ("V", HIGH)):
        if cell.nets.get(name):
            cell.netlist.join(cell.pin(name), level)


def clock_buffer(cell: Cell, writer: Writer) -> None:
    """BUFG: a clock buffer."""
    cell.netlist.join(cell.pin("I"), cell.out("O"))


def pll(cell: Cell, writer: Writer) -> None:
    """rPLL: its output is its input, so that a cycle of the simulation is one of the design."""
    cell.netlist.join(cell.pin("CLKIN"), cell.out("CLKOUT"))
    writer.lock(cell.out("LOCK"))


def _inputs(cell: Cell, writer: Writer, table: int, pins: list[str]) -> list[int]:
    """The nets of the inputs of a table, lowest bit first; noise where one leads nowhere, low where it does not matter."""
    nets = []
    for bit in range(4):
        matters = any((table >> i ^ table >> (i ^ 1 << bit)) & 1 for i in range(16))
        named = cell.nets.get(pins[bit]) if bit < len(pins) else None
        nets.append(LOW if not matters else named[0] if named else writer.noise())
    return nets


# What only connects comes first, constants before all: it decides which nets are one.
WIRES = {
    **dict.fromkeys(("GND", "VCC", "GOWIN_GND", "GOWIN_VCC"), constant),
    **dict.fromkeys(("IBUF", "OBUF", "TBUF", "IOBUF"), pin),
    "BUFG": clock_buffer,
    "rPLL": pll,
}
CELLS = {
    **{f"LUT{inputs}": lut for inputs in range(1, 5)},
    **{f"MUX2_LUT{inputs}": mux for inputs in range(5, 9)},
    **{f"DFF{kind}{enable}": flip_flop for kind in ("", *RESETS) for enable in ("", "E")},
    **{f"RAM16SDP{width}": lut_ram for width in (1, 2, 4)},
    "ALU": alu,
    **gowin_memory.CELLS,
}
