"""Gowin's block RAMs: what the chip or the packer does with enables, byte enables and modes that other vendors' would not."""

from collections.abc import Iterator
from dataclasses import dataclass

from boards.netlist import HIGH, LOW, Cell
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

FAMILIES = ("Gowin",)
BYTE = 9  # bits of a byte of the memory; blocks without the ninth have 8


@dataclass(frozen=True, kw_only=True)
class Port:
    """The pins and parameters of a port: `write` enables writes, and is `clock_enable` where a port does nothing else."""

    address: str
    clock_enable: str
    output_enable: str | None
    write: str | None
    width: str
    read_mode: str | None
    write_mode: str | None = None


def _port(side: str, number: str) -> Port:
    return Port(
        address=f"AD{side}", clock_enable=f"CE{side}", output_enable=f"OCE{side}", write=f"WRE{side}",
        width=f"BIT_WIDTH{number and '_' + number}", read_mode=f"READ_MODE{number}", write_mode=f"WRITE_MODE{number}",
    )  # fmt: skip


SINGLE = (_port("", ""),)
DUAL = (_port("A", "0"), _port("B", "1"))
SEMI_DUAL = (
    Port(address="ADA", clock_enable="CEA", output_enable=None, write="CEA", width="BIT_WIDTH_0", read_mode=None),
    Port(address="ADB", clock_enable="CEB", output_enable="OCE", write=None, width="BIT_WIDTH_1", read_mode="READ_MODE"),
)
PORTS = {
    **dict.fromkeys(("SP", "SPX9"), SINGLE),
    **dict.fromkeys(("DPB", "DPX9B"), DUAL),
    **dict.fromkeys(("SDPB", "SDPX9B"), SEMI_DUAL),
}
TWO_WRITERS = ("DPB", "DPX9B")


def _ports(design: Design) -> Iterator[tuple[Cell, Port]]:
    for cell in design.cells(*PORTS):
        for port in PORTS[cell.type]:
            yield cell, port


def enables_apart(design: Design) -> Iterator[Refusal]:
    """Every clock enable that moves without the output enable of its port, where nextpnr does not tie the two together."""
    for cell, port in _ports(design):
        tied = cell.type in TWO_WRITERS and cell.number(port.width) <= BYTE
        enable = port.clock_enable
        if port.output_enable is None or tied or design.is_constant(cell, enable):
            continue
        if design.net(cell, enable) != design.net(cell, port.output_enable):
            driver = design.driven_by(design.net(cell, enable))
            yield Refusal(cell=cell.name, pin=enable, found=f"is driven by {driver} and {port.output_enable} is not")


def bytes_off(design: Design) -> Iterator[Refusal]:
    """Every byte enable that is off for good: of a port that writes, whatever it is; of one that reads, in a block of two
    whole ports, where the pins are known to work only as they are in the example that was tried on boards."""
    for cell, port in _ports(design):
        count = cell.number(port.width) // 8
        if count < 2:
            continue
        writes = port.write is not None and design.net(cell, port.write) != LOW
        for i, net in enumerate(design.bus(cell, port.address)[:count]):
            pin = f"{port.address}[{i}]"
            if writes and net == LOW:
                yield Refusal(cell=cell.name, pin=pin, found="is 0, so that the byte that it enables is never written")
            elif not writes and cell.type in TWO_WRITERS and net != HIGH:
                yield Refusal(cell=cell.name, pin=pin, found="enables a byte of a port that only reads, and is not 1")


def modes(design: Design) -> Iterator[Refusal]:
    """Output registers, reads before writes in blocks of two whole ports, and blocks that are chosen by a signal."""
    for cell, port in _ports(design):
        if port.read_mode and cell.number(port.read_mode):
            yield Refusal(cell=cell.name, pin=port.read_mode, found="is 1, which asks for the register at the output")
        if port.write_mode and cell.type in TWO_WRITERS and cell.number(port.write_mode) == 2:
            yield Refusal(cell=cell.name, pin=port.write_mode, found="is 2, which is read before write")
    for cell in design.cells(*PORTS):
        for pin in ("BLKSEL", "BLKSELA", "BLKSELB"):
            if any(net not in (LOW, HIGH) for net in design.bus(cell, pin)):
                yield Refusal(cell=cell.name, pin=pin, found="is driven by logic")


ENABLE = Rule(
    name="gowin-block-ram-enable",
    families=FAMILIES,
    why="a block whose clock enable moves and whose output enable does not skips reads and makes others that nobody asked for",
    source="https://github.com/YosysHQ/nextpnr/pull/1278, https://github.com/YosysHQ/nextpnr/pull/1285, nextpnr 111f085d",
    look=enables_apart,
)
BYTES = Rule(
    name="gowin-block-ram-byte-enable",
    families=FAMILIES,
    why="a byte that is not enabled is not written, and ports of two bytes have been tried on boards only with both enabled",
    source="https://github.com/YosysHQ/yosys/issues/5688, examples/DPX9B18-video-ram.v of https://github.com/YosysHQ/apicula",
    look=bytes_off,
)
MODE = Rule(
    name="gowin-block-ram-mode",
    families=FAMILIES,
    why="output registers and the choice of a block do not work on these chips, and two ports do not read before they write",
    source="https://github.com/YosysHQ/apicula/blob/master/doc/bsram-fix.md, https://github.com/YosysHQ/yosys/pull/5725",
    look=modes,
)
