"""Builds the simulated board of a geometry, or finds it in the cache, and prints the program's path as the last line.

    python -m sim.native.build --geometry ulx3s-85f
    python -m sim.native.build --geometry columns=64,rows=32,grid_height=2,grid_width=2,synapses_per_cell=16,folds=1

The program speaks the bytes of the link on standard input and output and ends when its input ends. It has an SDRAM of 32 MiB
(`sim/native/sdram.h`), which ends it with a sentence where a time of its data sheet is not kept. Its options:
`--entropy N` (mixed into the boot nonce), `--statistics` (cycles and cycles/s on standard error at the end),
`--reset-cycles N`, `--max-cycles N` (status 2 if it runs longer). Progress goes to standard error; a failure is one line
`error: SENTENCE` there and status 2.
"""

import argparse
import sys
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from sim.native import cache
from sim.native.compiler import BuildError, compile_board
from sim.native.shared_module import share
from sim.native.source import for_verilator
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text, parse_geometry
from sw.files.streams import take_every_word
from sw.tree.extras import lacking


def build(geometry: Geometry, *, force: bool = False) -> Path:
    """The program of the simulated board of a geometry. Raises `BuildError`."""
    try:
        parts = [geometry_text(geometry), *cache.made_from(), *cache.made_with()]
        return cache.cached(parts, lambda folder: _build(geometry, folder), report, force=force)
    except PackageNotFoundError as error:
        raise BuildError(lacking("the simulated board", error.name)) from error
    except OSError as error:
        raise BuildError(f"the simulated board cannot be built: {error}") from error


def report(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)


def _build(geometry: Geometry, folder: Path) -> Path:
    # The import takes longer than finding a program in the cache.
    from hw.array.array import CELL_MODULE
    from hw.generate import generate
    from hw.store.chip import MT48LC16M16A2
    from sim.native.sdram import chip_header

    begun = time.monotonic()
    report(f"building the simulated board {geometry_text(geometry)}; the next start finds it built")
    report("generating Verilog")
    # The memories of an iCE40, which have one port, are those of a board without an SDRAM.
    chip = MT48LC16M16A2 if geometry.memory_ports > 1 else None
    verilog = share(for_verilator(generate(geometry, chip=chip)), CELL_MODULE)
    program = compile_board(verilog, folder, report, chip_header(chip) if chip else "")
    report(f"built in {time.monotonic() - begun:.0f} s")
    return program


def main() -> None:
    """The command line."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="sim.native.build", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--geometry", default="ulx3s-85f", help="a board's name, or columns=…,rows=…,grid_height=…,…")
    parser.add_argument("--force", action="store_true", help="build even if the cache has the program")
    arguments = parser.parse_args()
    try:
        print(build(parse_geometry(arguments.geometry), force=arguments.force))
    except (BuildError, ContractError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
