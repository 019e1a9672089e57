"""Flips single bits of the tables of LUTs in the iCEBreaker's bitstream: how many does training find?

    python -m sim.bitstream.flips --flips 100 --seed 1   # of the bitstream in build/icebreaker

Each bit is flipped alone in the unpacked bits, the circuit is made again and trained beside the twin, on more and more samples
until there is a difference. The result lies in build/icebreaker/flips.json; with --commit also in boards/reports/.
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from boards.catalogue import find
from boards.error import BuildError as BoardsError
from boards.netlist import NetlistError
from boards.report import WORK
from sim.bitstream import ice40, icebox
from sim.bitstream import run as bitstream
from sim.bitstream.ice40 import LOGIC_CELLS, TABLE_BITS
from sim.bitstream.ice40_bits import Bits, unpack
from sim.bitstream.ice40_wires import Wires
from sim.bitstream.icebox import Bit, Database, Tile
from sim.native.compiler import BuildError
from sim.netlist import run
from sw.files.error import FileError
from sw.files.streams import take_every_word
from sw.host.error import HostError

BOARD = "icebreaker"
LAYERS = (98, 14, 12, 10)
STEPS = (2, 8, 32, 128)  # training samples, until a difference is found
PATIENCE = 60.0  # seconds for a reply of a board that may have stopped


def table_bits(bits: Bits, database: Database) -> list[tuple[Tile, Bit]]:
    """The bits of tables that a circuit can read: of logic cells in use, by inputs that something is connected to."""
    wires = Wires(bits, database)
    found = []
    for tile, kind in database.kinds.items():
        if kind != "logic":
            continue
        for i in range(LOGIC_CELLS):
            places = database.functions[kind][f"LC_{i}"]
            if not any(bits.is_set(tile, place) for place in places):
                continue
            inputs = [f"lutff_{i}/in_{k}" for k in range(4)]
            connected = sum((wires.at(tile, name) != wires.named(tile, name)) << k for k, name in enumerate(inputs))
            found += [(tile, places[place]) for value, place in enumerate(TABLE_BITS) if value & ~connected == 0]
    return found


def samples_to_find(bits: Bits, database: Database, ports: dict[str, str], made: Path, seed: int) -> int | None:
    """After how many training samples a circuit is known to be wrong: 0 if it does not even answer, None if it is not."""
    try:
        bitstream.write(BOARD, ice40.Circuit(bits, database, ports).design(), made)
    except (BuildError, NetlistError):
        return 0  # what cannot be simulated, a loop or a second clock, is not what was built
    for samples in STEPS:
        try:
            if run.compare(made, run.network_for(LAYERS), samples, seed, patience=PATIENCE)["difference"] is not None:
                return samples
        except HostError:
            return 0
    return None


def try_all(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Flip `count` bits, one at a time; how many were found, and after how many samples. Raises `NetlistError`."""
    bits, database, ports = unpack(folder), icebox.read(find(BOARD).platform().package.lower()), ice40.ports(folder)
    candidates = table_bits(bits, database)
    found: Counter[str] = Counter()
    missed = []
    for number, (tile, place) in enumerate(random.Random(seed).sample(candidates, count), 1):
        bits.flip(tile, place)
        samples = samples_to_find(bits, database, ports, folder / "flipped", seed)
        bits.flip(tile, place)
        found["not found" if samples is None else str(samples)] += 1
        if samples is None:
            missed.append({"tile": list(tile), "bit": f"B{place[0]}[{place[1]}]"})
        run.report(f"{number} of {count}: tile {tile}, bit B{place[0]}[{place[1]}]: {samples}")
    return {
        "board": BOARD,
        "flips": count,
        "of": len(candidates),
        "seed": seed,
        "layers": list(LAYERS),
        "found": count - found["not found"],
        "found_after_samples": dict(sorted(found.items())),
        "not_found": missed,
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="sim.bitstream.flips", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--flips", type=int, default=100, help="bits to flip, one at a time")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of bits, and of the samples")
    parser.add_argument("--folder", type=Path, default=WORK / BOARD, help="where the build is")
    parser.add_argument("--commit", action="store_true", help="write to boards/reports too")
    given = parser.parse_args(arguments)
    try:
        run.check_least(given, flips=1, seed=0)
        if not (given.folder / find(BOARD).family.bitstream).exists():
            raise BuildError(f"there is no bitstream in {given.folder}: build it (make bitstream BOARD={BOARD})")
        result = try_all(given.folder, given.flips, given.seed)
        written = run.write_result("flips", result, given.commit)
    except (BuildError, BoardsError, FileError, NetlistError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{result['found']} of {result['flips']} flipped bits found; {written}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
