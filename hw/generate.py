"""Writes the accelerator as Verilog, its cell as one module that is instantiated for every place of the grid.

python -m hw.generate --geometry ulx3s-85f --output accelerator.v
python -m hw.generate --board ulx3s-85f --output accelerator.v     # with the sample memory of that board, at its clock
"""

import argparse
import sys
from pathlib import Path

from hw.accelerator import BUFFER_BYTES, CLOCK_HZ, Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.store.chip import BOARD_CHIPS, Chip
from hw.verilog import to_verilog
from sw.contract.board_table import board_name
from sw.contract.error import ContractError, require, shown
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.files.error import FileError
from sw.files.output import check_outputs, write_text
from sw.files.streams import take_every_word
from sw.tree.sources import digest, sources

TOP_MODULE = "accelerator"


def build_id() -> int:
    """64 bits that stand for the sources of the gateware: the hash of every file of `hw` and `sw/contract`."""
    return int.from_bytes(digest(sources("hw/**/*.py", "sw/contract/**/*.py"))[:8], "little")


def generate(
    geometry: Geometry, *, clock_hz: int = CLOCK_HZ, buffer_bytes: int = BUFFER_BYTES, chip: Chip | None = None
) -> str:
    """The Verilog of `accelerator` and of `array_cell`; ports `clk`, `rst`, `rx__…`, `tx__…`, `entropy`, `busy`.

    With a `chip`, of an SDRAM, it has a sample memory, and the ports `pins__…` (`hw.store.pins.PinSignals`).
    """
    accelerator = Accelerator(
        geometry, clock_hz=clock_hz, build=build_id(), buffer_bytes=buffer_bytes, cell_instances=True, chip=chip
    )
    return to_verilog(Cell(geometry), CELL_MODULE) + "\n" + to_verilog(accelerator, TOP_MODULE)


def chip_of(board: str) -> tuple[Chip, int]:
    """The SDRAM of a board, and its clock. Raises `ContractError` for a board without one."""
    name = board_name(board)
    known = ", ".join(BOARD_CHIPS)
    require(name in BOARD_CHIPS, f"board {shown(board)} has no sample memory: choose one of {known}, or give --geometry")
    return BOARD_CHIPS[name]


def main() -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--board", help="a board with an SDRAM: its shape, its clock, and a sample memory, whose pins are ports"
    )
    parser.add_argument("--geometry", default="ulx3s-85f", help="a board's name, or columns=…,rows=…,grid_height=…,…")
    parser.add_argument("--output", type=Path, required=True, help="the Verilog file to write")
    arguments = parser.parse_args()
    try:
        check_outputs({"--output": arguments.output})
        if arguments.board is None:
            verilog = generate(parse_geometry(arguments.geometry))
        else:
            chip, clock_hz = chip_of(arguments.board)
            verilog = generate(parse_geometry(arguments.board), clock_hz=clock_hz, chip=chip)
        write_text(arguments.output, verilog)
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
