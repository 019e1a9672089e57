"""Trains the circuit in a Tang Nano's bitstream through its serial pins and compares it with the twin.

    python -m sim.bitstream.gowin_run --samples 100           # of the bitstream in build/tangnano9k
    python -m sim.bitstream.gowin_run --placed --noise 7      # of the netlist after place and route that it was packed from

The bits are turned back into LUTs, carries, flip-flops, memories, pads and the PLL by Project Apicula's database, which is also
the packer's: what it has wrong of the chip is wrong on both sides. The result lies in build/<board>/bitstream.json; with
--commit also in boards/reports/. Exit status 1: a difference. 2: what was asked for cannot be done.
"""

import argparse
import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from boards.catalogue import find
from boards.clocks import uart_rate
from boards.error import BuildError as BoardsError
from boards.generate import TOP_MODULE
from boards.gowin import Gowin
from boards.netlist import NetlistError
from boards.target import PLACED
from sim.bitstream.gowin import circuit
from sim.native.compiler import BuildError
from sim.netlist import build, run
from sw.contract.boards import BOARDS
from sw.contract.error import ContractError
from sw.host.error import HostError


def frequency(board: str, design: dict[str, Any]) -> Fraction:
    """What the PLL makes of the oscillator, in Hz, by its dividers (Gowin UG286). Raises `BuildError` without a PLL."""
    cells = design["modules"][TOP_MODULE]["cells"].values()
    for cell in cells:
        if cell["type"] == "rPLL":
            reference, feedback = (int(cell["parameters"][name], 2) + 1 for name in ("IDIV_SEL", "FBDIV_SEL"))
            return Fraction(find(board).platform().default_clk_frequency) * feedback / reference
    raise BuildError("the design has no PLL")


def learn(
    board: str, folder: Path, placed: bool, samples: int, seed: int, noise: int, layers: tuple[int, ...]
) -> dict[str, Any]:
    """Train what a build left in a folder; what the JSON file holds. Raises `BuildError` and `HostError`."""
    platform = find(board).platform()
    source = folder / (PLACED if placed else find(board).family.bitstream)
    if not source.exists():
        raise BuildError(f"{source} is missing: build it (make bitstream BOARD={board})")
    begun = time.monotonic()
    try:
        design = json.loads(source.read_text()) if placed else circuit(folder, platform)
    except NetlistError as error:
        raise BuildError(str(error)) from error
    clock = frequency(board, design)
    known = build.serial(uart_rate(clock, BOARDS[board].baud), build.RX, build.TX)
    made = folder / "circuit"
    made.write_text(build.flattened(design, "Gowin", TOP_MODULE, noise, True, **known))
    seconds = time.monotonic() - begun
    cells = build.header(made)["cells"]
    run.report(f"training {'-'.join(map(str, layers))} through the pins of {sum(cells.values()):,} cells of {source.name}")
    result = run.compare(made, run.network_for(layers), samples, seed)
    return {
        "board": board,
        "source": source.name,
        "layers": list(layers),
        "samples": samples,
        "seed": seed,
        "noise": noise,
        "equal": result["difference"] is None,
        "difference": result["difference"],
        "learned": result["counters"]["learned"],
        "draws": result["counters"]["draws"],
        "clock_hz": float(clock),
        "cells": cells,
        "seconds": {"circuit": round(seconds, 1), "simulation": result["seconds"]},
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="sim.bitstream.gowin_run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="tangnano9k", help="a board with a device of Gowin's")
    parser.add_argument("--placed", action="store_true", help="the netlist after place and route, not the bits")
    parser.add_argument("--samples", type=int, default=100, help="training samples")
    parser.add_argument("--seed", type=int, default=1, help="of the random pixels and labels")
    parser.add_argument("--noise", type=int, default=1, help="seed of what nothing on the chip drives")
    parser.add_argument("--layers", help="another network than the board's: 784,24,12,10")
    parser.add_argument("--folder", type=Path, help="where the build is, instead of build/BOARD")
    parser.add_argument("--commit", action="store_true", help="write to boards/reports too")
    given = parser.parse_args(arguments)
    try:
        board = find(given.board).name
        if not isinstance(find(board).family, Gowin):
            raise BuildError(f"{board} has no device of Gowin's: choose a Tang Nano")
        layers = run.parse_layers(given.layers) or BOARDS[board].layers
        folder = given.folder or run.ROOT / "build" / board
        result = learn(board, folder, given.placed, given.samples, given.seed, given.noise, layers)
    except (BuildError, BoardsError, ContractError, HostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    name = "placed.json" if given.placed else "bitstream.json"
    text = json.dumps(result, indent=2) + "\n"
    (folder / name).write_text(text)
    if given.commit:
        (run.REPORTS / f"{board}-{name}").write_text(text)
    if not result["equal"]:
        print(f"different: {result['difference']}")
        return 1
    print(f"{board}: {result['samples']} samples on the circuit of {result['source']}, equal to the twin; {folder / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
