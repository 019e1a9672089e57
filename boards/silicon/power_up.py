"""What a chip holds when it starts: registers at a level that the vendor promises, memories with nothing to rely on."""

from collections.abc import Iterator

from boards.netlist import LOW
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

FAMILIES = ("Ecp5", "Gowin", "Ice40")
# Of each memory the pins that enable writes and the parameters of its contents.
MEMORIES = {
    "DP16KD": (("WEA", "WEB"), "INITVAL_"),
    "TRELLIS_DPR16X4": (("WRE",), "INITVAL"),
    "SB_RAM40_4K": (("WCLKE",), "INIT_"),
    **dict.fromkeys(("SP", "SPX9"), (("WRE",), "INIT_RAM_")),
    **dict.fromkeys(("DPB", "DPX9B"), (("WREA", "WREB"), "INIT_RAM_")),
    **dict.fromkeys(("SDPB", "SDPX9B"), (("CEA",), "INIT_RAM_")),
    "RAM16SDP4": (("WRE",), "INIT_"),
}


def contents_of_written_memories(design: Design) -> Iterator[Refusal]:
    """Memories that are written and want contents from the bitstream."""
    for cell in design.cells(*MEMORIES):
        enables, prefix = MEMORIES[cell.type]
        writes = [pin for pin in enables if design.net(cell, pin) != LOW]
        contents = [name for name, bits in cell.parameters.items() if name.startswith(prefix) and "1" in bits]
        if writes and contents:
            yield Refusal(cell=cell.name, pin=contents[0], found=f"has contents while {writes[0]} can write")


def levels_left(design: Design) -> Iterator[Refusal]:
    """Nets whose level at power-up no register took over from the design."""
    for name in design.levels_left:
        yield Refusal(cell="top", pin=f"the net {name}", found="has a level at power-up that no register holds")


REGISTER = Rule(
    name="register-power-up",
    families=FAMILIES,
    why="what is read before it is written holds what the chip happens to start with",
    source="docs/silicon.md",
    look=levels_left,
)
CONTENTS = Rule(
    name="written-memory-contents",
    families=FAMILIES,
    why="writes that nobody asked for after configuration have been seen in memories with contents, on iCE40 and on Gowin",
    source="https://github.com/YosysHQ/yosys/issues/101, https://github.com/YosysHQ/yosys/issues/3693",
    look=contents_of_written_memories,
)
