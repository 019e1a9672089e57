"""Trains the circuit in a board's bitstream through its serial pins and compares it with the twin.

    python -m sim.bitstream.run --board icebreaker --samples 100   # of the bitstream in build/icebreaker
    python -m sim.bitstream.run --board tangnano9k --placed        # of the netlist after place and route beside it

The bits are turned back into LUTs, carries, flip-flops, memories, pads and the PLL, and simulated cell by cell, at a baud rate
that is off by 1 %. The database that says what a bit means is Project IceStorm's for the iCE40, from which nextpnr's is made,
and Project Apicula's for Gowin, which is also the packer's: what these have wrong of a chip is wrong on both sides.

The result lies in build/<board>/bitstream.json; with --commit also in boards/reports/. Exit status 1: a difference. 2: what
was asked for cannot be done.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from boards.catalogue import find
from boards.clocks import uart_rate
from boards.error import BuildError as BoardsError
from boards.generate import TOP_MODULE
from boards.gowin import Gowin
from boards.ice40 import Ice40
from boards.netlist import NetlistError
from boards.report import WORK
from boards.target import PLACED
from sim.bitstream import gowin, ice40
from sim.native.compiler import BuildError
from sim.netlist import build, run
from sw.contract.board_table import BOARDS
from sw.contract.error import ContractError
from sw.files.error import FileError
from sw.files.output import write_text
from sw.files.streams import take_every_word
from sw.host.error import HostError

CIRCUITS: dict[type, Callable[[Path, Any], dict[str, Any]]] = {Gowin: gowin.circuit, Ice40: ice40.circuit}


def circuit(board: str, folder: Path, placed: bool = False) -> dict[str, Any]:
    """The design, in Yosys' JSON, of what a build left in a folder. Raises `BuildError`."""
    target = find(board)
    decode = CIRCUITS.get(type(target.family))
    if decode is None or placed and not isinstance(target.family, Gowin):
        raise BuildError(f"{board} has no device whose bits can be read back: choose icebreaker or tangnano9k")
    source = folder / (PLACED if placed else target.family.bitstream)
    if not source.exists():
        raise BuildError(f"{source} is missing: build it (make bitstream BOARD={board})")
    try:
        return json.loads(source.read_text(encoding="utf-8")) if placed else decode(folder, target.platform())
    except NetlistError as error:
        raise BuildError(str(error)) from error


def frequency(board: str, design: dict[str, Any]) -> Fraction:
    """What the PLL makes of the oscillator, in Hz, by its dividers in the design. Raises `BuildError` without a PLL.

    Gowin UG286; Lattice TN1251, simple feedback.
    """
    oscillator = Fraction(find(board).platform().default_clk_frequency)
    for cell in design["modules"][TOP_MODULE]["cells"].values():
        values = cell["parameters"]
        if cell["type"] == "rPLL":
            reference, feedback = (int(values[name], 2) + 1 for name in ("IDIV_SEL", "FBDIV_SEL"))
            return oscillator * feedback / reference
        if cell["type"] == "SB_PLL40_PAD":
            reference, feedback, output = (int(values[name], 2) for name in ("DIVR", "DIVF", "DIVQ"))
            return oscillator * (feedback + 1) / ((reference + 1) * 2**output)
    raise BuildError("the design has no PLL")


def write(board: str, design: dict[str, Any], made: Path, noise: int = 1) -> None:
    """Write the simulator's file of a design; what no cell drives is random, from `noise`. Raises `BuildError`, `FileError`."""
    known = build.serial(uart_rate(frequency(board, design), BOARDS[board].baud), build.RX, build.TX)
    write_text(made, build.flattened(design, type(find(board).family).__name__, TOP_MODULE, noise, True, **known))


def learn(
    board: str, folder: Path, placed: bool, samples: int, seed: int, noise: int, layers: tuple[int, ...]
) -> dict[str, Any]:
    """Train what a build left in a folder; what the JSON file holds. Raises `BuildError`, `FileError` and `HostError`."""
    begun = time.monotonic()
    design, made = circuit(board, folder, placed), folder / "circuit"
    write(board, design, made, noise)
    seconds = time.monotonic() - begun
    cells = build.header(made)["cells"]
    run.report(f"training {'-'.join(map(str, layers))} through the pins of {sum(cells.values()):,} cells")
    result = run.compare(made, run.network_for(layers), samples, seed)
    return {
        "board": board,
        "source": PLACED if placed else find(board).family.bitstream,
        "layers": list(layers),
        "samples": samples,
        "seed": seed,
        "noise": noise,
        "equal": result["difference"] is None,
        "difference": result["difference"],
        "learned": result["counters"]["learned"],
        "draws": result["counters"]["draws"],
        "clock_hz": float(frequency(board, design)),
        "cells": cells,
        "seconds": {"circuit": round(seconds, 1), "simulation": result["seconds"]},
        "sha256": json.loads((folder / "report.json").read_text(encoding="utf-8"))["sha256"],
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="sim.bitstream.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="icebreaker", help="icebreaker or tangnano9k")
    parser.add_argument("--placed", action="store_true", help="the netlist after place and route, not the bits; a Tang Nano")
    parser.add_argument("--samples", type=int, default=100, help="training samples")
    parser.add_argument("--seed", type=int, default=1, help="of the random pixels and labels")
    parser.add_argument("--noise", type=int, default=1, help="seed of what nothing on the chip drives")
    parser.add_argument("--layers", help="another network than the board's: 784,24,12,10")
    parser.add_argument("--folder", type=Path, help="where the build is, instead of build/BOARD")
    parser.add_argument("--commit", action="store_true", help="write to boards/reports too")
    given = parser.parse_args(arguments)
    try:
        run.check_least(given, samples=1, seed=0, noise=0)
        board = find(given.board).name
        layers = run.parse_layers(given.layers) or BOARDS[board].layers
        folder = given.folder or WORK / board
        result = learn(board, folder, given.placed, given.samples, given.seed, given.noise, layers)
        written = run.write_result("placed" if given.placed else "bitstream", result, given.commit)
    except (BuildError, BoardsError, ContractError, FileError, HostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not result["equal"]:
        print(f"different: {result['difference']}")
        return 1
    print(f"{board}: {result['samples']} samples on the circuit of {result['source']}, equal to the twin; {written}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
