"""Trains the netlist of a board through its serial pins and compares it with the twin.

    python -m sim.netlist.run --board ulx3s-12f --samples 200
    python -m sim.netlist.run --board tangnano9k --placed --noise 7

Random pixels and labels; compared are every prediction and, at the end, every weight, the random word, the sample count
and the counters. The result lies in build/<board>/netlist.json; with --commit also in boards/reports/. Exit status 1: a
difference, which is named. 2: what was asked for cannot be done.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from boards.catalogue import find
from boards.error import BuildError as BoardsError
from boards.identity import source_hash
from boards.report import REPORTS, WORK
from sim.native.compiler import BuildError
from sim.netlist import build
from sw.cli.verify import first_difference
from sw.contract.board_table import BOARDS
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.files.error import FileError
from sw.files.output import make_folder, write_json
from sw.files.streams import take_every_word
from sw.host.device import connect
from sw.host.error import HostError
from sw.host.process_transport import ProcessTransport
from sw.twin.device import TwinDevice

RATE_ERROR = 0.01  # of the host's serial port against the board's, which takes up to 4 %
HELLO_TIMEOUT, REPLY_TIMEOUT = 120.0, 3600.0


def network_for(layers: tuple[int, ...]) -> Network:
    """A network with every feature: scaled bands and sign layers, relaxation, levels far apart."""
    hidden = len(layers) - 2
    return Network.of(
        layers=layers,
        activation=["sign" if i % 2 else "band" for i in range(hidden)],
        gate=[0 if i % 2 else 3 for i in range(hidden)],
        scaling=["none" if i % 2 else "root" for i in range(hidden)],
        relax_rate=[2000] * (hidden + 1),
        relax_floor=3,
        init_range=100,
    )


def compare(
    netlist: Path, network: Network, samples: int, seed: int, *, program: Path | None = None, patience: float = REPLY_TIMEOUT
) -> dict[str, Any]:
    """Train the netlist and the twin on `samples` random samples: `difference` (None: equal), `counters`, `seconds`.

    `program` is another simulator than the usual one, `patience` the seconds to wait for a reply. Raises `HostError`.
    """
    begun = time.monotonic()
    transport = ProcessTransport(build.command(netlist, report, rate_error=RATE_ERROR, program=program))
    timeouts = {"hello_timeout": min(patience, HELLO_TIMEOUT), "reply_timeout": patience, "resend_after": patience}
    with connect(transport, "the netlist", **timeouts) as device, TwinDevice() as twin:
        device.geometry.check_fits(network)
        difference = first_difference(device, twin, network, samples, seed)
        counters = device.counters()
    return {"difference": difference, "counters": counters, "seconds": round(time.monotonic() - begun, 1)}


def report(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)


def run(
    board: str, samples: int, seed: int, layers: tuple[int, ...] | None, placed: bool = False, noise: int = 1
) -> dict[str, Any]:
    """The whole check of a board; returns what the JSON file holds."""
    name = find(board).name
    if name not in BOARDS:
        raise BuildError(f"the board {name} has no shape yet")
    network = network_for(layers or BOARDS[name].layers)
    BOARDS[name].geometry.check_fits(network)
    netlist = build.netlist(name, report, placed=placed, noise=noise)
    known = build.header(netlist)
    report(f"training {'-'.join(map(str, network.layers))} through the pins of {sum(known['cells'].values()):,} cells")
    result = compare(netlist, network, samples, seed)
    return {
        "board": name,
        "layers": list(network.layers),
        "samples": samples,
        "seed": seed,
        "placed": placed,
        "noise": noise,
        "equal": result["difference"] is None,
        "difference": result["difference"],
        "compared": ["predictions", "weights", "random word", "sample count", "signature", "learned", "draws"],
        "learned": result["counters"]["learned"],
        "draws": result["counters"]["draws"],
        "clock_hz": known["clock_hz"],
        "baud": known["baud"],
        "cells": known["cells"],
        "seconds": known["seconds"] | {"simulation": result["seconds"]},
        "sources": source_hash(),
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="sim.netlist.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="ulx3s-12f", help="a board; an unknown one lists them")
    parser.add_argument("--samples", type=int, default=200, help="training samples")
    parser.add_argument("--seed", type=int, default=1, help="of the random pixels and labels")
    parser.add_argument("--layers", help="another network than the board's: 784,24,12,10")
    parser.add_argument("--placed", action="store_true", help="after place and route; a Tang Nano")
    parser.add_argument("--noise", type=int, default=1, help="seed of what nothing on the chip drives")
    parser.add_argument("--commit", action="store_true", help="write boards/reports/BOARD-netlist.json too")
    given = parser.parse_args(arguments)
    try:
        check_least(given, samples=1, seed=0, noise=0)
        result = run(given.board, given.samples, given.seed, parse_layers(given.layers), given.placed, given.noise)
        written = write_result("netlist", result, given.commit)
    except (BuildError, BoardsError, ContractError, HostError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not result["equal"]:
        print(f"different: {result['difference']}")
        return 1
    print(f"{result['board']}: {result['samples']} samples on the netlist, equal to the twin; {written}")
    return 0


def check_least(given: argparse.Namespace, **least: int) -> None:
    """Raise `BuildError` for an option below the least value that it may have."""
    for name, low in least.items():
        if getattr(given, name) < low:
            raise BuildError(f"{name} is {getattr(given, name)}, expected {low} or more")


def write_result(what: str, result: dict[str, Any], commit: bool) -> Path:
    """Write build/BOARD/WHAT.json, with `commit` also boards/reports/BOARD-WHAT.json; the first of them. Raises `FileError`."""
    path = WORK / result["board"] / f"{what}.json"
    make_folder(path.parent)
    write_json(path, result)
    if commit:
        make_folder(REPORTS)
        write_json(REPORTS / f"{result['board']}-{what}.json", result)
    return path


def parse_layers(text: str | None) -> tuple[int, ...] | None:
    """`784,24,12,10`; nothing for None. Raises `BuildError`."""
    try:
        return tuple(int(size) for size in text.split(",")) if text else None
    except ValueError as error:
        raise BuildError(f"layers is {text!r}, expected sizes like 784,24,12,10") from error


if __name__ == "__main__":
    sys.exit(main())
