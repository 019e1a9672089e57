"""Lattice ECP5: synth_ecp5, nextpnr-ecp5, ecppack (Project Trellis)."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from boards import flip_flops
from boards.ecp5_carries import drop_unread_carries
from boards.ecp5_floorplan import floorplan
from boards.pll import Ecp5Pll
from boards.silicon.ecp5_bits import check_files
from boards.target import PLACED, Family, Step
from sw.contract.geometry import Geometry

# Blocks of 18 kbit by the size of the die. The 12F is a 25F die of which Lattice guarantees 32 blocks and 12k LUTs.
BLOCKS = {"12F": 56, "25F": 56, "45F": 108, "85F": 208}
DEVICES = {
    f"{prefix}-{size}": option + size.removesuffix("F") + "k"
    for prefix, option in (("LFE5U", "--"), ("LFE5UM", "--um-"), ("LFE5UM5G", "--um5g-"))
    for size in BLOCKS
}
PACKAGES = {"BG256": "CABGA256", "MG285": "CSFBGA285", "BG381": "CABGA381", "BG554": "CABGA554", "BG756": "CABGA756"}
# Shapes of a block whose write enables choose bytes: (bits, words).
SHAPES = ((32, 512), (16, 1024), (8, 2048))

UNPACKED = "unpacked.config"
FLIP_FLOPS = (
    "$_DFF_?_ 01",
    "$_DFF_?P?_ r",
    "$_SDFF_?P?_ r",
    "$_DFFE_??_ 01",
    "$_DFFE_?P??_ r",
    "$_SDFFE_?P??_ r",
)
LEAST = "-minsrst 10"
ROOMS_WITH_PARTS = "*.engine.sequencer *.engine.normalise *.engine.errors *.engine.report"


class Ecp5(Family):
    """See `Family`. `pack_options` are ecppack's."""

    bitstream = "top.bit"
    logic = "TRELLIS_COMB"
    memory = "DP16KD"
    buffered_clock = True
    warm_up = ("nextpnr-ecp5", "ecppack", "ecpunpack")
    finish = staticmethod(drop_unread_carries)
    unpack = Step(name="unpack", tool="ecpunpack", arguments=("--input", bitstream, "--textcfg", UNPACKED))

    def __init__(self, *pack_options: str) -> None:
        self.pack_options = pack_options

    def pll(self, input_hz: Fraction, asked_hz: Fraction) -> Ecp5Pll:
        return Ecp5Pll.search(input_hz, asked_hz)

    def synthesis(self) -> list[str]:
        # Wide multiplexers (L6MUX21, PFUMX) are chosen for depth and take half as many LUTs again.
        # Modules stay, so that the cell is synthesised once; but those that are parts of a room become one with it.
        parts = ["hierarchy -top top", f"flatten {ROOMS_WITH_PARTS}"]
        return parts + flip_flops.synthesis("synth_ecp5 -noflatten -nowidelut -top top", FLIP_FLOPS, LEAST)

    def floorplan(self, geometry: Geometry, device: str) -> list[str]:
        of_cell = self.weight_blocks(geometry) // geometry.cells
        of_slice = of_cell // geometry.slices  # a slice's memory has them side by side: Yosys numbers them
        placed = [
            f'setattr -set BEL "{block}" top/c:*.array.cell_{cell}.weights_{i // of_slice}.0.{i % of_slice}'
            for cell, blocks in enumerate(floorplan(geometry, _size(device), of_cell))
            for i, block in enumerate(blocks)
        ]
        return ["flatten", *placed, f"select -assert-count {len(placed)} top/c:* top/a:BEL %i"] if placed else []

    def place_and_route(self, platform: Any, options: tuple[str, ...]) -> Step:
        device = (DEVICES[platform.device], "--package", PACKAGES[platform.package], "--speed", platform.speed)
        files = ("--json", "top.json", "--lpf", "top.lpf", "--textcfg", "top.config", "--report", "timing.json")
        return Step(name="place and route", tool="nextpnr-ecp5", arguments=(*device, *files, "--write", PLACED, *options))

    def pack(self, platform: Any) -> Step:
        files = ("--input", "top.config", "--bit", self.bitstream)
        return Step(name="pack", tool="ecppack", arguments=(*self.pack_options, *files))

    def check_bitstream(self, folder: Path, board: str) -> None:
        check_files(folder / UNPACKED, folder / "top.json", folder / PLACED, board)

    def weight_blocks(self, geometry: Geometry) -> int:
        bits, words = 8 * geometry.lanes, geometry.memory_depth  # every slice of a cell has a memory of its own
        of_slice = min(-(-bits // width) * -(-words // depth) for width, depth in SHAPES)
        return geometry.cells * geometry.slices * of_slice

    def blocks(self, device: str) -> int:
        return BLOCKS[_size(device)]

    def demand(self, cells: dict[str, int]) -> int:
        return cells.get("DP16KD", 0)


def _size(device: str) -> str:
    return device.rpartition("-")[2]
