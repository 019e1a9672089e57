"""No logic on the reset of a block RAM: on boards the outputs then read zero, or another word."""

from collections.abc import Iterator

from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

RESETS = {
    "Ecp5": {"DP16KD": ("RSTA", "RSTB"), "PDPW16KD": ("RST",), "PDPSC16KD": ("RST",), "SP16KD": ("RST",)},
    "Gowin": dict.fromkeys(("SP", "SPX9", "pROM", "pROMX9"), ("RESET",))
    | dict.fromkeys(("DPB", "DPX9B", "SDPB", "SDPX9B"), ("RESETA", "RESETB")),
}


def look(design: Design) -> Iterator[Refusal]:
    """Every reset pin of a block RAM that is not constant."""
    pins = RESETS[design.family]
    for cell in design.cells(*pins):
        for pin in pins[cell.type]:
            if not design.is_constant(cell, pin):
                yield Refusal(cell=cell.name, pin=pin, found=f"is driven by {design.driven_by(design.net(cell, pin))}")


RULE = Rule(
    name="block-ram-reset",
    families=("Ecp5", "Gowin"),
    why="block RAMs whose reset moved read zeros on an ECP5-25F and wrong words on a Tang Nano 9K",
    source="https://github.com/thejefflarson/little-cpu/pull/272, https://github.com/YosysHQ/yosys/issues/6163",
    look=look,
)
