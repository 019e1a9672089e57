"""The pins of an SDRAM have their registers beside them on the ECP5, and lie where the memory is in a Gowin's package."""

from collections.abc import Iterator

from boards.gowin_package import places
from boards.netlist import LOW, Cell
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule
from sw.contract.board_table import BOARDS

# Ports of the top: of a board's resource `sdram`, of a package.
ON_BOARD, IN_PACKAGE = "sdram_", ("O_sdram", "IO_sdram")
BUFFERS = {"TRELLIS_IO": "B", "OBUF": "O", "TBUF": "O", "IOBUF": "IO"}


def _has_memory(design: Design) -> bool:
    return design.board in BOARDS and BOARDS[design.board].sample_memory > 0


def _buffers(design: Design, names: str | tuple[str, ...]) -> Iterator[tuple[str, Cell]]:
    """The ports of these names, each with the buffers at it."""
    ports = {design.netlist.net(net): name for name, _, net in design.netlist.ports if name.startswith(names)}
    for cell in design.cells(*BUFFERS):
        name = ports.get(design.net(cell, BUFFERS[cell.type]))
        if name:
            yield name, cell


def _is_register(cell: Cell | None, direction: str) -> bool:
    """Whether nextpnr has to put a cell beside the pin, and ends where it cannot."""
    if cell is None or cell.type == "ODDRX1F":
        return cell is not None and direction == "output"
    flagged = cell.attributes.get("syn_useioff", "").endswith("1")
    return cell.type == "TRELLIS_FF" and flagged and cell.attributes.get("ioff_dir") == direction


def registers_elsewhere(design: Design) -> Iterator[Refusal]:
    """Every pin of a buffer that leads to something else than a register beside the pin, and to that alone."""
    if not _has_memory(design):
        return
    found = list(_buffers(design, ON_BOARD))
    if not found:
        yield Refusal(cell="top", pin="the memory", found="has no pins")
    for _, cell in found:
        direction = cell.text("DIR", "INPUT")
        for pin in ("I", "T") if direction != "INPUT" else ():
            net = design.net(cell, pin)
            driver, _ = design.drivers.get(net, (None, ""))
            if not _is_register(driver, "output") or len(design.readers[net]) != 1:
                yield Refusal(cell=cell.name, pin=pin, found=f"is driven by {design.driven_by(net)}")
        if direction != "OUTPUT":
            readers = design.readers.get(design.net(cell, "O"), [])
            if len(readers) != 1 or not _is_register(readers[0], "input"):
                yield Refusal(cell=cell.name, pin="O", found="does not lead to a register alone")


def clocks_switched(design: Design) -> Iterator[Refusal]:
    """Every register of two values a cycle whose pin can be switched off, or that drives something else than a pin."""
    for cell in design.cells("ODDR"):
        if design.net(cell, "TX") != LOW or any(net in design.readers for net in design.bus(cell, "Q1")):
            yield Refusal(cell=cell.name, pin="TX", found="can switch the pin off")
        pins = [buffer for buffer in design.cells("OBUF", "TBUF") if design.net(buffer, "I") == design.net(cell, "Q0")]
        if not pins or design.net(pins[0], "OEN") != LOW:
            yield Refusal(cell=cell.name, pin="Q0", found="leads to no pin that is always on")


def pins_elsewhere(design: Design) -> Iterator[Refusal]:
    """Every pin of the memory in the package that is not where Project Apicula has it."""
    if not _has_memory(design):
        return
    wanted = places()
    placed = dict(_buffers(design, IN_PACKAGE))
    for name in sorted(wanted.keys() - placed.keys()):
        yield Refusal(cell="top", pin=f"the pin {name}", found="is not there")
    for name, cell in placed.items():
        place, right = cell.attributes.get("NEXTPNR_BEL", "nowhere"), wanted.get(name, "no such pin")
        if place != right:
            yield Refusal(cell=cell.name, pin=f"the pin {name}", found=f"is at {place}, expected {right}")


REGISTERS = Rule(
    name="memory-pin-registers",
    families=("Ecp5",),
    why="an SDRAM fails at random where the way from a register to its pin is another one after every build",
    source="https://github.com/enjoy-digital/litex/issues/2201",
    look=registers_elsewhere,
)
CLOCK = Rule(
    name="gowin-clock-output",
    families=("Gowin",),
    why="only outputs that are always on are among the examples that were tried on boards",
    source="https://github.com/YosysHQ/apicula/blob/master/examples/blinky-oddr.v",
    look=clocks_switched,
)
PLACES = Rule(
    name="gowin-memory-pins",
    families=("Gowin",),
    why="nextpnr finds the memory in the package by the names of its pins, and puts a pin of another name anywhere",
    source="https://github.com/YosysHQ/apicula/blob/master/doc/sdram.md",
    look=pins_elsewhere,
)
