"""Trains the circuit in the iCEBreaker's bitstream through its serial pins and compares it with the twin.

    python -m sim.bitstream.run --samples 100          # of the bitstream in build/icebreaker
    python -m sim.bitstream.run --flips 100 --seed 3   # bits of LUTs flipped one at a time: how many are found?

`top.bin` is unpacked, turned back into LUTs, flip-flops, carries, memories, pads and the PLL by Project IceStorm's database,
and simulated cell by cell, at a baud rate that is off by 1 %. The result lies in build/icebreaker/bitstream.json, of flips in
flips.json; with --commit also in boards/reports/. Exit status 1: a difference. 2: what was asked for cannot be done.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from boards.error import BuildError as BoardsError
from sim.bitstream import circuit, flips, icebox
from sim.native.compiler import BuildError
from sim.netlist import build, run
from sw.contract.boards import BOARDS
from sw.contract.error import ContractError
from sw.host.error import HostError

ROOT = run.ROOT
FOLDER = ROOT / "build" / circuit.BOARD
FILE = "bitstream.json"


def learn(folder: Path, samples: int, seed: int, layers: tuple[int, ...]) -> dict[str, Any]:
    """Train the circuit in a folder's bitstream; what the JSON file holds. Raises `BuildError` and `HostError`."""
    begun = time.monotonic()
    made = folder / "circuit"
    database = icebox.read(circuit.PACKAGE)
    found = circuit.write(circuit.unpack(folder), database, (folder / circuit.CONSTRAINTS).read_text(), made)
    unpacking = time.monotonic() - begun
    network = run.network_for(layers)
    BOARDS[circuit.BOARD].geometry.check_fits(network)
    cells = build.header(made)["cells"]
    run.report(f"training {'-'.join(map(str, layers))} through the pins of {sum(cells.values()):,} cells of a bitstream")
    result = run.compare(made, network, samples, seed)
    return {
        "board": circuit.BOARD,
        "layers": list(layers),
        "samples": samples,
        "seed": seed,
        "equal": result["difference"] is None,
        "difference": result["difference"],
        "learned": result["counters"]["learned"],
        "draws": result["counters"]["draws"],
        "clock_hz": float(circuit.frequency(found.pll)),
        "pll": found.pll,
        "cells": cells,
        "seconds": {"from_bits_to_circuit": round(unpacking, 1), "simulation": result["seconds"]},
        "sha256": json.loads((folder / "report.json").read_text())["sha256"],
    }


def write_result(name: str, result: dict[str, Any], commit: bool) -> None:
    """Into the build folder and, with `commit`, to the reports."""
    text = json.dumps(result, indent=2) + "\n"
    (FOLDER / name).write_text(text)
    if commit:
        (run.REPORTS / f"{circuit.BOARD}-{name}").write_text(text)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="sim.bitstream.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--samples", type=int, default=100, help="training samples")
    parser.add_argument("--seed", type=int, default=1, help="of the random pixels and labels, and of the flips")
    parser.add_argument("--layers", help="another network than the board's: 784,24,12,10")
    parser.add_argument("--flips", type=int, default=0, help="flip so many bits of LUTs, one at a time")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the build is")
    parser.add_argument("--commit", action="store_true", help="write to boards/reports too")
    given = parser.parse_args(arguments)
    try:
        layers = run.parse_layers(given.layers) or BOARDS[circuit.BOARD].layers
        if given.flips:
            result = flips.try_all(given.folder, given.flips, given.seed)
            write_result("flips.json", result, given.commit)
            print(f"{result['found']} of {result['flips']} flipped bits found")
            return 0
        result = learn(given.folder, given.samples, given.seed, layers)
    except (BuildError, BoardsError, ContractError, HostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_result(FILE, result, given.commit)
    if not result["equal"]:
        print(f"different: {result['difference']}")
        return 1
    print(f"{circuit.BOARD}: {result['samples']} samples on the circuit in its bitstream, equal to the twin")
    return 0


if __name__ == "__main__":
    sys.exit(main())
