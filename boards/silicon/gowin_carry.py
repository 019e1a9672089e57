"""Carry chains of Gowin's devices: the physical carry into a chain is nobody's, and must not show in its sums."""

from collections import Counter
from collections.abc import Iterator

from boards.netlist import HIGH, LOW
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

CELL, CARRY_IN, CARRY_OUT = "ALU", "CIN", "COUT"
MODE, TABLE = "ALU_MODE", "RAW_ALU_LUT"
# The stages before a chain that place and route makes for the constants 0 and 1: tables that take no carry in.
HEADS = {"C2L", "ONE2C"}
SOURCE = "https://github.com/YosysHQ/nextpnr/issues/1799"
WHY = "what begins a chain with a signal takes in the carry of whatever was placed to the left of it"


def look_synthesised(design: Design) -> Iterator[Refusal]:
    """Every chain that begins with a signal, or with a carry that something else reads as well."""
    readers = Counter(_reads(design))
    for cell in design.cells(CELL):
        net = design.net(cell, CARRY_IN)
        driver, pin = design.drivers.get(net, (cell, CARRY_IN))
        follows = (driver.type, pin, readers[net]) == (CELL, CARRY_OUT, 1)
        if net not in (LOW, HIGH) and not follows:
            yield Refusal(cell=cell.name, pin=CARRY_IN, found=f"begins a chain and is driven by {design.driven_by(net)}")


def look_placed(design: Design) -> Iterator[Refusal]:
    """Every cell without a carry-in of which something is read, unless that is the carry of one of `HEADS`."""
    read = set(_reads(design))
    for cell in design.cells(CELL):
        shown = [pin for pin in (CARRY_OUT, "SUM") if read.intersection(design.bus(cell, pin))]
        if cell.nets.get(CARRY_IN) or not shown:
            continue
        if TABLE in cell.parameters:
            yield Refusal(cell=cell.name, pin=TABLE, found=f"is 0x{cell.number(TABLE):04x} at the head of a chain")
        elif cell.text(MODE, "") not in HEADS:
            yield Refusal(cell=cell.name, pin=MODE, found=f"is {cell.text(MODE, 'not given')} at the head of a chain")
        elif shown != [CARRY_OUT]:
            yield Refusal(cell=cell.name, pin="SUM", found="is read at the head of a chain")


def _reads(design: Design) -> Iterator[int]:
    """The net of every input of a cell and of every output of the board."""
    for cell in design.netlist:
        for pin in cell.nets.keys() - cell.outputs:
            yield from design.bus(cell, pin)
    yield from (design.netlist.net(net) for _, direction, net in design.netlist.ports if direction != "input")


BEGINS = Rule(name="gowin-carry-from-logic", families=("Gowin",), why=WHY, source=SOURCE, look=look_synthesised)
HEAD = Rule(name="gowin-carry-head", families=("Gowin",), why=WHY, source=SOURCE, look=look_placed)
