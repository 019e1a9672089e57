"""Cells of the ECP5 as `sim/netlist/simulator.cpp` knows them."""

from boards.netlist import HIGH, LOW, Cell, NetlistError
from sim.netlist.writer import Writer

WRITE_MODES = {"NORMAL": 0, "WRITETHROUGH": 1, "READBEFOREWRITE": 2}
HALF = (1 << 18) - 1


def lut4(cell: Cell, writer: Writer) -> None:
    """LUT4: any function of A, B, C, D."""
    writer.lut(cell.number("INIT"), cell.out("Z"), [cell.pin(pin) for pin in "ABCD"])


def mux(cell: Cell, writer: Writer) -> None:
    """PFUMX and L6MUX21: multiplexers behind LUTs."""
    low, high, select = ("BLUT", "ALUT", "C0") if cell.type == "PFUMX" else ("D0", "D1", "SD")
    writer.lut(0xCACA, cell.out("Z"), [cell.pin(low), cell.pin(high), cell.pin(select), LOW])


def carry(cell: Cell, writer: Writer) -> None:
    """CCU2C: two bits of a carry chain."""
    tables = [number for i in "01" for number in (cell.number(f"INIT{i}"), cell.text(f"INJECT1_{i}", "YES") == "YES")]
    inputs = [cell.pin("CIN"), *(cell.pin(f"{pin}{i}") for i in "01" for pin in "ABCD")]
    writer.cell("carry", *tables, nets=[*inputs, cell.out("S0"), cell.out("S1"), cell.out("COUT")], drives=3)


def flip_flop(cell: Cell, writer: Writer) -> None:
    """TRELLIS_FF, clocked by a rising edge, without preload."""
    cell.require(CLKMUX="CLK", LSRMODE="LSR")
    mode = cell.text("SRMODE", "LSR_OVER_CE")
    if mode not in ("LSR_OVER_CE", "ASYNC"):
        raise NetlistError(f"{cell.name}: TRELLIS_FF with SRMODE = {mode} is not modelled")
    writer.clock(cell, "CLK")
    enable, inverted = _chosen(cell, "CE", "CEMUX", "1")
    reset, reset_inverted = _chosen(cell, "LSR", "LSRMUX", "LSR")
    level = cell.text("REGSET", "RESET") == "SET"
    writer.flip_flop(
        cell.out("Q"), cell.pin("DI"), enable, reset, inverted, reset_inverted, level, mode == "ASYNC", False, initial=level
    )


def lut_ram(cell: Cell, writer: Writer) -> None:
    """TRELLIS_DPR16X4: 16 words of 4 bits; noise at power-up unless it has contents, as in a DP16KD."""
    cell.require(WCKMUX="WCK")
    writer.clock(cell, "WCK")
    write, inverted = _chosen(cell, "WRE", "WREMUX", "WRE")
    init = cell.number("INITVAL")
    inputs = [*cell.bus("DI", 4), *cell.bus("WAD", 4), *cell.bus("RAD", 4)]
    words = writer.contents([init >> 4 * i & 15 for i in range(16)], 4)
    writer.cell("lutram", nets=[*inputs, *_outputs(cell, "DO", 4)], drives=4, more=[writer.hex(write), inverted, *words])


def block_ram(cell: Cell, writer: Writer) -> None:
    """DP16KD, without output registers, with both ports always selected; port B only reads."""
    cell.require(REGMODE_A="NOREG", REGMODE_B="NOREG", CSDECODE_A="0b000", CSDECODE_B="0b000", CLKAMUX="CLKA", CLKBMUX="CLKB")
    for pin in ("WEB", "CSA0", "CSA1", "CSA2", "CSB0", "CSB1", "CSB2"):
        if cell.netlist.net(cell.pin(pin)) != LOW:
            raise NetlistError(f"{cell.name}: the pin {pin} of a DP16KD is in use, which is not modelled")
    fields: list[int | str] = []
    for port in "AB":
        idle = cell.netlist.net(cell.pin(f"CLK{port}")) == LOW
        if not idle:
            writer.clock(cell, f"CLK{port}")
        reset = cell.pin(f"RST{port}")
        if cell.text("RESETMODE", "SYNC") != "SYNC" and cell.netlist.net(reset) != LOW:
            raise NetlistError(f"{cell.name}: the asynchronous reset of a DP16KD is not modelled")
        width = cell.number(f"DATA_WIDTH_{port}", 18)
        if width not in (1, 2, 4, 9, 18, 36):
            raise NetlistError(f"{cell.name}: a DP16KD of {width} bits is not modelled")
        outputs = [cell.out(f"DO{port}{i}") for i in range(18)]
        for net in outputs:
            writer.drive(net)
        nets = [*cell.pins(f"AD{port}", 14), *cell.pins(f"DI{port}", 18), *outputs]
        nets += [LOW if idle else cell.pin(f"CE{port}", HIGH), cell.pin(f"WE{port}"), reset]
        fields += [width, WRITE_MODES[cell.text(f"WRITEMODE_{port}", "NORMAL")], *map(writer.hex, nets)]
    slices = [cell.number(f"INITVAL_{i:02X}") for i in range(64)]
    words = [slices[i // 16] >> 20 * (i % 16) & HALF for i in range(1024)]
    writer.cell("blockram", *fields, *writer.contents(words, 18))


def multiply(cell: Cell, writer: Writer) -> None:
    """MULT18X18D without registers."""
    for register in ("INPUTA", "INPUTB", "INPUTC", "PIPELINE", "OUTPUT"):
        cell.require(**{f"REG_{register}_CLK": "NONE"})
    inputs = [cell.pin("SIGNEDA"), cell.pin("SIGNEDB"), *cell.pins("A", 18), *cell.pins("B", 18)]
    writer.cell("multiply", nets=[*inputs, *(cell.out(f"P{i}") for i in range(36))], drives=36)


def pin(cell: Cell, writer: Writer) -> None:
    """TRELLIS_IO: a pin. One of both directions is an input; what the design drives there, and whether, are outputs of their
    own, `.driven` and `.off` behind the name of the pin."""
    netlist, direction = cell.netlist, cell.text("DIR", "INPUT")
    netlist.join(cell.pin("B"), cell.pin("I") if direction == "OUTPUT" else cell.out("O"))
    if direction == "BIDIR":
        name = next(name for name, _, net in netlist.ports if netlist.net(net) == netlist.net(cell.pin("B")))
        netlist.ports += [(f"{name}.driven", "output", cell.pin("I")), (f"{name}.off", "output", cell.pin("T"))]


def pll(cell: Cell, writer: Writer) -> None:
    """EHXPLLL: its outputs are its input, so that a cycle of the simulation is one of the design."""
    for output in ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3"):
        if output in cell.nets:
            cell.netlist.join(cell.pin("CLKI"), cell.pin(output))
    writer.lock(cell.out("LOCK"))


def clock_output(cell: Cell, writer: Writer) -> None:
    """ODDRX1F: the clock for a chip, low in the first half of a cycle. There are no halves here: its pin keeps its level."""
    writer.clock(cell, "SCLK")
    if (cell.netlist.net(cell.pin("D0")), cell.netlist.net(cell.pin("D1"))) != (LOW, HIGH):
        raise NetlistError(f"{cell.name}: an ODDRX1F that does not give 0, then 1 is not modelled")


def clock_buffer(cell: Cell, writer: Writer) -> None:
    """DCCA: a clock buffer."""
    cell.netlist.join(cell.pin("CLKI"), cell.out("CLKO"))


def _chosen(cell: Cell, pin: str, mux: str, default: str) -> tuple[int, bool]:
    """The net that a multiplexer in front of a pin chooses, and whether it is inverted."""
    choice = cell.text(mux, default)
    if choice in ("0", "1"):
        return int(choice), False
    if choice not in (pin, "INV"):
        raise NetlistError(f"{cell.name}: {cell.type} with {mux} = {choice} is not modelled")
    return cell.pin(pin), choice == "INV"


def _outputs(cell: Cell, name: str, width: int) -> list[int]:
    nets = cell.nets.get(name, [])
    return nets + [cell.netlist.new() for _ in range(width - len(nets))]


# What only connects comes first: it decides which nets are one.
WIRES = {"TRELLIS_IO": pin, "EHXPLLL": pll, "DCCA": clock_buffer}
CELLS = {
    "LUT4": lut4,
    "PFUMX": mux,
    "L6MUX21": mux,
    "CCU2C": carry,
    "TRELLIS_FF": flip_flop,
    "ODDRX1F": clock_output,
    "TRELLIS_DPR16X4": lut_ram,
    "DP16KD": block_ram,
    "MULT18X18D": multiply,
}
