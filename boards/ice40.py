"""Lattice iCE40 UltraPlus: synth_ice40, nextpnr-ice40, icepack (Project IceStorm)."""

from fractions import Fraction
from typing import Any

from boards.pll import Ice40Pll
from boards.target import PLACED, Family, Step
from hw.array.array import CELL_MODULE
from hw.memory import MEMORY_WORD
from sw.contract.geometry import Geometry

SPRAM_BITS, SPRAM_WORDS = 16, 16384
LOGIC_PS = 18000  # as ABC counts, which knows little of wires; from 14,000 to 24,000 saves 73 cells


class Ice40(Family):
    """See `Family`. Weights are in the four single-port memories of the UP5K."""

    bitstream = "top.bin"
    logic = "ICESTORM_LC"
    memory = "ICESTORM_SPRAM"
    buffered_clock = False
    warm_up = ("nextpnr-ice40", "icepack")

    def pll(self, input_hz: Fraction, asked_hz: Fraction) -> Ice40Pll:
        return Ice40Pll.search(input_hz, asked_hz)

    def synthesis(self) -> list[str]:
        # The large memories have no contents when the chip starts: Yosys takes one only for a memory that asks for none.
        contents = f"delete {CELL_MODULE}/t:$meminit* {CELL_MODULE}/r:MEMID=\\weights_* %i"
        # Nor has the register of a block RAM: for one that asks for zeros Yosys builds a flip-flop that tells whether there was
        # a read, and a LUT behind every bit. Nobody looks at a word before it has been read (`hw.memory.read_word`).
        registers = f"setattr -unset init w:* a:{MEMORY_WORD} %i"
        # ABC's longest script, and no more speed than the clock needs.
        area = ("scratchpad -copy abc9.script.flow3 abc9.script", f"scratchpad -set abc9.D {LOGIC_PS}")
        # Flattened, and without the notes of where modules were: across their borders Yosys saves 9 % of the logic.
        return [contents, registers, *area, "synth_ice40 -spram -device u -top top", "delete */t:$scopeinfo"]

    def place_and_route(self, platform: Any, options: tuple[str, ...]) -> Step:
        files = ("--json", "top.json", "--pcf", "top.pcf", "--asc", "top.asc", "--report", "timing.json", "--write", PLACED)
        device = ("--up5k", "--package", platform.package.lower())
        return Step(name="place and route", tool="nextpnr-ice40", arguments=(*device, *files, *options))

    def pack(self, platform: Any) -> Step:
        return Step(name="pack", tool="icepack", arguments=("top.asc", self.bitstream))

    def weight_blocks(self, geometry: Geometry) -> int:
        of_slice = -(-8 * geometry.lanes // SPRAM_BITS) * -(-geometry.memory_depth // SPRAM_WORDS)
        return geometry.cells * geometry.slices * of_slice

    def blocks(self, device: str) -> int:
        return 4

    def demand(self, cells: dict[str, int]) -> int:
        return cells.get("SB_SPRAM256KA", 0)
