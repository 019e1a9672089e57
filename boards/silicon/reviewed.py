"""Only cells that were looked up in public reports and in the sources of the tools: a new one is a question to ask first."""

from collections.abc import Iterator

from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

# What Yosys leaves behind of the hierarchy.
NOTES = {"$scopeinfo"}
FLIP_FLOPS = {
    # All of these hold a promised level when the chip starts: REGSET; zero; one for those with a set, else zero.
    "Ecp5": {"TRELLIS_FF"},
    "Ice40": {f"SB_DFF{enable}{reset}" for enable in ("", "E") for reset in ("", "SR", "SS", "R", "S")},
    "Gowin": {"DFFN", *(f"DFF{reset}{enable}" for enable in ("", "E") for reset in ("", "R", "S", "C", "P"))},
}
CELLS = {
    "Ecp5": {
        *("LUT4", "CCU2C", "PFUMX", "L6MUX21", "TRELLIS_DPR16X4", "DP16KD", "MULT18X18D"),
        *("TRELLIS_IO", "ODDRX1F", "EHXPLLL"),
    },
    "Ice40": {"SB_LUT4", "SB_CARRY", "SB_RAM40_4K", "SB_SPRAM256KA", "SB_MAC16", "SB_IO", "SB_GB", "SB_PLL40_PAD"},
    "Gowin": {
        *("LUT1", "LUT2", "LUT3", "LUT4", "ALU", "RAM16SDP4", "SPX9", "DPX9B", "SDPX9B", "SP", "DPB", "SDPB"),
        *("IBUF", "OBUF", "TBUF", "IOBUF", "ODDR", "GND", "VCC", "rPLL"),
    },
}


def unreviewed(design: Design) -> Iterator[Refusal]:
    """Cells of other types than those that were reviewed."""
    known = CELLS[design.family] | FLIP_FLOPS[design.family] | NOTES
    for cell in design.netlist:
        if cell.type not in known:
            yield Refusal(cell=cell.name, pin="the type", found=f"is {cell.type}, which no board of this project has used")


REVIEWED = Rule(
    name="reviewed-cells",
    families=("Ecp5", "Gowin", "Ice40"),
    why="what silicon does with it has to be looked up before a board relies on it",
    source="docs/silicon.md",
    look=unreviewed,
)
