"""No logic on the reset of a block RAM: on boards the outputs then read zero, or another word."""

from collections.abc import Iterator

from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

FAMILIES = ("Ecp5", "Gowin")
# Of each port of a block: its reset and its read enable.
PORTS = {
    "DP16KD": (("RSTA", "CEA"), ("RSTB", "CEB")),
    "PDPW16KD": (("RST", "CER"),),
    **dict.fromkeys(("SP", "SPX9", "pROM", "pROMX9"), (("RESET", "CE"),)),
    **dict.fromkeys(("DPB", "DPX9B", "SDPB", "SDPX9B"), (("RESETA", "CEA"), ("RESETB", "CEB"))),
}


def moving_resets(design: Design) -> Iterator[Refusal]:
    """Every reset pin of a block RAM that is not constant."""
    for cell in design.cells(*PORTS):
        for pin, _ in PORTS[cell.type]:
            if not design.is_constant(cell, pin):
                yield Refusal(cell=cell.name, pin=pin, found=f"is driven by {design.driven_by(design.net(cell, pin))}")


def moving_enables(design: Design) -> Iterator[Refusal]:
    """Every port whose read enable moves, and its reset too."""
    for cell in design.cells(*PORTS):
        for reset, enable in PORTS[cell.type]:
            if not design.is_constant(cell, reset) and not design.is_constant(cell, enable):
                driver = design.driven_by(design.net(cell, enable))
                yield Refusal(cell=cell.name, pin=enable, found=f"is driven by {driver} while the reset {reset} moves too")


WHY = "block RAMs whose reset moved read zeros on an ECP5-25F and other words on a Tang Nano 9K"
SOURCE = "https://github.com/thejefflarson/little-cpu/pull/272, https://github.com/YosysHQ/yosys/issues/6163"
ENABLE_WITH_RESET = Rule(name="block-ram-enable-with-reset", families=FAMILIES, why=WHY, source=SOURCE, look=moving_enables)
RESET = Rule(name="block-ram-reset", families=FAMILIES, why=WHY, source=SOURCE, look=moving_resets)
