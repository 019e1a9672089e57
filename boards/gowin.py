"""Gowin LittleBee and Arora: synth_gowin, nextpnr-himbaechel-gowin, gowin_pack (Project Apicula)."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from boards import flip_flops
from boards.gowin_blocks import tie_pins
from boards.gowin_carries import begin_with_constants
from boards.gowin_pll import GowinPll, Limits
from boards.target import PLACED, Family, Step
from sw.contract.geometry import Geometry

# By the device: the die's name in Apicula's database, and its blocks of 18 kbit.
DIES = {"GW1NR-9C": ("GW1N-9C", 26), "GW2AR-18C": ("GW2A-18C", 46)}
# Shapes of a block with two ports whose write enables choose bytes: (bits, words).
SHAPES = ((32, 512), (16, 1024), (8, 2048))
BLOCKS = ("SDPB", "SDPX9B", "DPB", "DPX9B", "SP", "SPX9", "pROM", "pROMX9")

FLIP_FLOPS = ("$_DFF_?_ 0", "$_DFFE_?P_ 0", "$_SDFF_?P?_ r", "$_SDFFE_?P?P_ r", "$_DFF_?P?_ r", "$_DFFE_?P?P_ r")
LEAST = "-minsrst 8 -mince 8"


class Gowin(Family):
    """See `Family`. `limits` are those of the PLL of the die and its speed grade, `pack_options` gowin_pack's."""

    bitstream = "top.fs"
    logic = "LUT4"
    memory = "BSRAM"
    buffered_clock = True
    warm_up = ("nextpnr-himbaechel-gowin", "gowin_pack")

    def __init__(self, limits: Limits, *pack_options: str) -> None:
        self.limits = limits
        self.pack_options = pack_options

    def pll(self, input_hz: Fraction, asked_hz: Fraction) -> GowinPll:
        return GowinPll.search(input_hz, asked_hz, self.limits)

    def synthesis(self) -> list[str]:
        # Flat: with modules kept, synth_gowin puts a buffer at every port of every one of them.
        return flip_flops.synthesis("synth_gowin -nowidelut -top top", FLIP_FLOPS, LEAST)

    @staticmethod
    def finish(netlist: Path) -> None:
        tie_pins(netlist)
        begin_with_constants(netlist)

    def place_and_route(self, platform: Any, options: tuple[str, ...]) -> Step:
        die, _ = DIES[platform.device]
        device = ("--device", platform.part, "--vopt", f"family={die}", "--vopt", "cst=top.cst")
        files = ("--json", "top.json", "--write", PLACED, "--report", "timing.json")
        return Step(name="place and route", tool="nextpnr-himbaechel-gowin", arguments=(*device, *files, *options))

    def pack(self, platform: Any) -> Step:
        die, _ = DIES[platform.device]
        arguments = ("-d", die, "-o", self.bitstream, *self.pack_options, PLACED)
        return Step(name="pack", tool="gowin_pack", arguments=arguments)

    def weight_blocks(self, geometry: Geometry) -> int:
        bits, words = 8 * geometry.lanes, geometry.memory_depth  # every slice has a memory of its own
        of_slice = min(-(-bits // width) * -(-words // depth) for width, depth in SHAPES)
        return geometry.cells * geometry.slices * of_slice

    def blocks(self, device: str) -> int:
        return DIES[device][1]

    def demand(self, cells: dict[str, int]) -> int:
        return sum(cells.get(kind, 0) for kind in BLOCKS)
