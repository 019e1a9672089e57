"""Block memories of Gowin's devices, as synthesis and as place and route write them (`sim/netlist/gowin_memory.h`)."""

from collections.abc import Callable
from dataclasses import dataclass

from boards.netlist import HIGH, LOW, Cell, NetlistError
from sim.netlist.writer import Writer

SINGLE, DUAL, ONE_WAY = 0, 1, 2  # as the simulator numbers them
PLACED = {"SP": SINGLE, "DP": DUAL, "SDP": ONE_WAY}
WIDTHS = {8: (1, 2, 4, 8, 16, 32), 9: (9, 18, 36)}  # by the bits of a byte


@dataclass(frozen=True)
class Pins:
    """Names of pins: `bus(name, i)` is bit i of a bus, `data(name, i, width)` that of a bus of data."""

    bus: Callable[[Cell, str, int], int | None]
    place: Callable[[int, int, int], int]

    def nets(self, cell: Cell, name: str, count: int) -> list[int]:
        """Inputs; what leads nowhere is low."""
        return [LOW if (net := self.bus(cell, name, i)) is None else net for i in range(count)]

    def data(self, cell: Cell, name: str, width: int, offset: int = 0) -> list[int | None]:
        """The nets of the data of a port, lowest bit first."""
        return [self.bus(cell, name, self.place(i, width, offset)) for i in range(width)]


def _synthesised(cell: Cell, name: str, place: int) -> int | None:
    nets = cell.nets.get(name, [])
    return nets[place] if place < len(nets) else None


def _placed(cell: Cell, name: str, place: int) -> int | None:
    return (cell.nets.get(f"{name}{place}") or [None])[0]


def _place(bit: int, width: int, offset: int) -> int:
    """After place and route data are pins of bytes of nine; a narrow port that reads alone has those from 18 on."""
    place = bit + (bit // 8 if width in (16, 32) else 0)
    return (place + offset) % 36


BEFORE = Pins(_synthesised, lambda bit, width, offset: bit)
AFTER = Pins(_placed, _place)


def block(cell: Cell, writer: Writer) -> None:
    """SP, DPB, SDPB and those with bytes of nine bits, always selected and without output registers; port B only reads."""
    after = cell.type == "DP" or "BSRAM_SUBTYPE" in cell.attributes
    pins = AFTER if after else BEFORE
    kind = PLACED[cell.type.replace("X9", "").removesuffix("B")]
    byte = 9 if "X9" in cell.type or cell.attributes.get("BSRAM_SUBTYPE", "").strip() == "X9" else 8
    cell.require(**{name: "0" for name in ("READ_MODE", "READ_MODE0", "READ_MODE1") if cell.number(name)})
    ports = [_port(cell, writer, pins, kind, byte, which) for which in (("",) if kind == SINGLE else "AB")]
    for select in ("BLKSEL", "BLKSELA", "BLKSELB"):
        if any(cell.netlist.net(net) != LOW for net in pins.nets(cell, select, 3)):
            raise NetlistError(f"{cell.name}: a {cell.type} that may not be selected is not modelled")
    contents = [cell.number(f"INIT_RAM_{i:02X}") for i in range(64)]
    bytes_ = [contents[i // 32] >> byte * (i % 32) & (1 << byte) - 1 for i in range(2048)]
    writer.cell("gowinram", kind, byte, *(word for port in ports for word in port), *writer.contents(bytes_, byte))


def _port(cell: Cell, writer: Writer, pins: Pins, kind: int, byte: int, which: str) -> list[int | str]:
    """The words of a port: width, write mode, address, data in, data out, enable, output enable, write, reset."""
    netlist, second = cell.netlist, which == "B"
    writes_only, reads_only = kind == ONE_WAY and not second, kind == ONE_WAY and second
    width = cell.number({"": "BIT_WIDTH", "A": "BIT_WIDTH_0", "B": "BIT_WIDTH_1"}[which])
    if width not in WIDTHS[byte] or (width > 2 * byte and kind != ONE_WAY):
        raise NetlistError(f"{cell.name}: a {cell.type} of {width} bits is not modelled")
    mode = 0 if kind == ONE_WAY else cell.number({"": "WRITE_MODE", "A": "WRITE_MODE0", "B": "WRITE_MODE1"}[which])
    writer.clock(cell, f"CLK{which}")
    data = "" if kind == ONE_WAY else which
    address = pins.nets(cell, f"AD{which}", 14)
    ins = [] if second else [LOW if net is None else net for net in pins.data(cell, f"DI{data}", width)]
    offset = 18 if pins is AFTER and reads_only and width <= 2 * byte else 0
    outs = [] if writes_only else pins.data(cell, f"DO{data}", width, offset)
    outs = [netlist.new() if net is None else net for net in outs]
    for net in outs:
        writer.drive(net)
    enable, reset = cell.pin(f"CE{which}", HIGH), cell.pin(f"RESET{which}")
    output = cell.pin("OCE" if kind == ONE_WAY else f"OCE{which}")
    write = {(ONE_WAY, "A"): HIGH, (ONE_WAY, "B"): LOW}.get((kind, which), cell.pin(f"WRE{which}"))
    if second and netlist.net(write) != LOW:
        raise NetlistError(f"{cell.name}: a {cell.type} whose port B writes is not modelled")
    if reads_only and {netlist.net(net) for net in address[: width // byte if width > byte else 0]} - {LOW}:
        raise NetlistError(f"{cell.name}: a {cell.type} whose port B enables bytes is not modelled")
    ins, outs = ([*nets, *[LOW] * 36][:36] for nets in (ins, outs))
    return [width, mode, *map(writer.hex, [*address, *ins, *outs, enable, output, write, reset])]


CELLS = dict.fromkeys((*PLACED, "SPX9", "DPB", "DPX9B", "SDPB", "SDPX9B"), block)
