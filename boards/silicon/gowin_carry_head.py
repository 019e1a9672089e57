"""Gowin's carry chains after place and route: the physical carry into a chain is nobody's, and must not show in its sums."""

from collections.abc import Iterator

from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

CELL, CARRY_IN, CARRY_OUT, SUM = "ALU", "CIN", "COUT", "SUM"
MODE, TABLE = "ALU_MODE", "RAW_ALU_LUT"
# The stages before a chain that place and route makes for the constants 0 and 1: tables that take no carry in.
HEADS = {"C2L", "ONE2C"}


def other_heads(design: Design) -> Iterator[Refusal]:
    """Every cell without a carry-in of which something is read, unless that is the carry of one of `HEADS`."""
    read = {design.netlist.net(net) for _, direction, net in design.netlist.ports if direction != "input"}
    for cell in design.netlist:
        for pin in cell.nets.keys() - cell.outputs:
            read.update(design.bus(cell, pin))
    for cell in design.cells(CELL):
        shown = [pin for pin in (CARRY_OUT, SUM) if read.intersection(design.bus(cell, pin))]
        if cell.nets.get(CARRY_IN) or not shown:
            continue
        if TABLE in cell.parameters:
            yield Refusal(cell=cell.name, pin=TABLE, found=f"is 0x{cell.number(TABLE):04x} at the head of a chain")
        elif cell.text(MODE, "") not in HEADS:
            yield Refusal(cell=cell.name, pin=MODE, found=f"is {cell.text(MODE, 'not given')} at the head of a chain")
        elif shown != [CARRY_OUT]:
            yield Refusal(cell=cell.name, pin=SUM, found="is read at the head of a chain")


HEAD = Rule(
    name="gowin-carry-head",
    families=("Gowin",),
    why="nothing drives the carry into the first stage of a chain, which then takes in that of whatever lies beside it",
    source="https://github.com/YosysHQ/nextpnr/issues/1799",
    look=other_heads,
)
