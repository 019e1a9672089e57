"""Writes the accelerator as Verilog, its cell as one module that is instantiated for every place of the grid.

python -m hw.generate --geometry ulx3s-85f --output accelerator.v
"""

import argparse
import sys
from pathlib import Path

from hw.accelerator import BUFFER_BYTES, CLOCK_HZ, Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.verilog import to_verilog
from sw.contract.error import ContractError
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


def generate(geometry: Geometry, *, clock_hz: int = CLOCK_HZ, buffer_bytes: int = BUFFER_BYTES) -> str:
    """The Verilog of `accelerator` and of `array_cell`; ports `clk`, `rst`, `rx__…`, `tx__…`, `entropy`, `busy`."""
    accelerator = Accelerator(geometry, clock_hz=clock_hz, build=build_id(), buffer_bytes=buffer_bytes, cell_instances=True)
    return to_verilog(Cell(geometry), CELL_MODULE) + "\n" + to_verilog(accelerator, TOP_MODULE)


def main() -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--geometry", default="ulx3s-85f", help="a board's name, or columns=…,rows=…,grid_height=…,…")
    parser.add_argument("--output", type=Path, required=True, help="the Verilog file to write")
    arguments = parser.parse_args()
    try:
        geometry = parse_geometry(arguments.geometry)
        check_outputs({"--output": arguments.output})
        write_text(arguments.output, generate(geometry))
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
