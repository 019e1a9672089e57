"""Gowin's carry chains: they begin with a constant, and a carry goes to the next stage and nowhere else."""

from collections import Counter
from collections.abc import Iterator

from boards.netlist import HIGH, LOW
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

STAGE, CARRY_IN, CARRY_OUT = "ALU", "CIN", "COUT"


def carries_from_logic(design: Design) -> Iterator[Refusal]:
    """Every carry-in that is neither constant nor the carry of one stage, which leads nowhere else."""
    stages = list(design.cells(STAGE))
    carries = {design.net(cell, CARRY_OUT) for cell in stages if CARRY_OUT in cell.nets}
    readers = Counter(
        design.netlist.net(net)
        for cell in design.netlist
        for pin, nets in cell.nets.items()
        if pin not in cell.outputs
        for net in nets
    )
    for cell in stages:
        net = design.net(cell, CARRY_IN)
        if net in (LOW, HIGH) or (net in carries and readers[net] == 1):
            continue
        found = f"is driven by {design.driven_by(net)}" + (", which leads elsewhere too" if net in carries else "")
        yield Refusal(cell=cell.name, pin=CARRY_IN, found=found)


CARRY = Rule(
    name="gowin-carry-from-logic",
    families=("Gowin",),
    why="nextpnr 0.11.1 begins such a chain with a stage whose carry takes in that of whatever lies beside it",
    source="https://github.com/YosysHQ/nextpnr/issues/1799",
    look=carries_from_logic,
)
