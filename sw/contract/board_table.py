"""The boards: the shape that each one holds, and the rate of its serial line. `boards/` has their pins and clocks."""

from dataclasses import dataclass, replace

from sw.contract.geometry import Geometry


@dataclass(frozen=True, kw_only=True)
class Board:
    """What the host and the gateware of one board have to agree on before they can talk.

    `baud` is in bits per second, 8N1. `layers` is the network for MNIST that reports are about: about the largest that fits.
    `sample_memory` is the bytes of the board's memory for samples (`sw.contract.sample_memory`), 0 for none; a board of the
    kind may have more, and tells in HELLO.
    `escaped`: one byte never goes over the line, in either direction (`sw.contract.escape`).
    """

    title: str
    geometry: Geometry
    baud: int
    layers: tuple[int, ...]
    escaped: bool = False
    sample_memory: int = 0


# `docs/boards.md`, Groups, says what groups each board has room for.
ECP5_85F = Geometry(columns=784, rows=512, grid_height=7, grid_width=7, synapses_per_cell=16, folds=1, slices=2, group=4)
ECP5_45F = Geometry(columns=800, rows=256, grid_height=5, grid_width=5, synapses_per_cell=16, folds=2, slices=4, group=4)
ECP5_25F = Geometry(columns=800, rows=128, grid_height=5, grid_width=5, synapses_per_cell=8, folds=4, slices=2)
# Without a sample memory there is room for groups, and for eight weights at a time.
ECP5_25F_GROUPS = replace(ECP5_25F, group=4)
ECP5_45F_WIDE = replace(ECP5_45F, slices=2)
# Nine cells leave ten of its block RAMs to the link and to the sample memory: made of LUTs, their memories would not fit.
TANG_NANO_20K = Geometry(columns=792, rows=93, grid_height=3, grid_width=3, synapses_per_cell=8, folds=11, slices=4)
# A quarter of the logic of the 20K: few cells with deep memories, of 1,014 words in blocks that hold 1,024 of 16 bits; and so
# many folds that inputs are in block RAM too, for nextpnr finds no places for 200 memories made of LUTs.
TANG_NANO_9K = Geometry(columns=832, rows=39, grid_height=2, grid_width=2, synapses_per_cell=8, folds=26, slices=4)
# The four single-port memories of the UP5K, 16 bits each: a slice of two weights in each.
ICE40_UP5K = Geometry(
    columns=784, rows=167, grid_height=1, grid_width=1, synapses_per_cell=8, folds=98, slices=4, memory_ports=1
)

MIB = 1 << 20


def ulx3s(die: str, geometry: Geometry, hidden: int) -> Board:
    """A ULX3S, by the name of its die; all of them have an SDRAM of 32 MiB or, version 3.0.7, of 64."""
    return Board(
        title=f"ULX3S, LFE5U-{die}", geometry=geometry, baud=3_000_000, layers=(784, hidden, 10), sample_memory=32 * MIB
    )


BOARDS = {
    "ulx3s-85f": ulx3s("85F", ECP5_85F, 500),
    "ulx3s-45f": ulx3s("45F", ECP5_45F, 246),
    "ulx3s-25f": ulx3s("25F", ECP5_25F, 118),
    "ulx3s-12f": ulx3s("12F", ECP5_25F, 118),
    "orangecrab-25f": Board(
        title="OrangeCrab r0.2, LFE5U-25F", geometry=ECP5_25F_GROUPS, baud=3_000_000, layers=(784, 118, 10)
    ),
    "orangecrab-85f": Board(title="OrangeCrab r0.2, LFE5U-85F", geometry=ECP5_85F, baud=3_000_000, layers=(784, 500, 10)),
    "ecpix5-45f": Board(title="ECPIX-5, LFE5UM5G-45F", geometry=ECP5_45F_WIDE, baud=3_000_000, layers=(784, 246, 10)),
    "tangnano20k": Board(
        title="Tang Nano 20K, GW2AR-18",
        geometry=TANG_NANO_20K,
        baud=2_000_000,
        layers=(784, 83, 10),
        escaped=True,
        sample_memory=8 * MIB,
    ),
    "tangnano9k": Board(title="Tang Nano 9K, GW1NR-9", geometry=TANG_NANO_9K, baud=3_000_000, layers=(784, 29, 10)),
    "icebreaker": Board(title="iCEBreaker, iCE40UP5K", geometry=ICE40_UP5K, baud=3_000_000, layers=(784, 128, 10)),
}
ALIASES = {"ulx3s": "ulx3s-85f"}


def board_name(name: str) -> str:
    """The name that an alias stands for, or `name` itself, known or not."""
    return ALIASES.get(name, name)
