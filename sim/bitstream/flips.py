"""Single bits of the tables of LUTs are flipped in an unpacked bitstream: does training tell?"""

import random
from collections import Counter
from pathlib import Path
from typing import Any

from sim.bitstream import circuit, icebox
from sim.bitstream.ice40 import LOGIC_CELLS, TABLE_BITS
from sim.bitstream.icebox import Bit, Database, Tile
from sim.bitstream.unpacked import Unpacked
from sim.bitstream.wires import Wires
from sim.netlist import run
from sw.host.error import HostError

LAYERS = (98, 14, 12, 10)
STEPS = (2, 8, 32, 128)  # training samples, until a difference is found
PATIENCE = 60.0  # seconds for a reply of a board that may have stopped


def table_bits(bits: Unpacked, database: Database) -> list[tuple[Tile, Bit]]:
    """The bits of tables that a circuit can read: of logic cells in use, by inputs that something is connected to."""
    wires = Wires(bits, database)
    found = []
    for tile, kind in database.kinds.items():
        if kind != "logic":
            continue
        for i in range(LOGIC_CELLS):
            places = database.functions[kind][f"LC_{i}"]
            if not any(bits.bit(tile, place) for place in places):
                continue
            connected = sum(_is_connected(wires, database, tile, f"lutff_{i}/in_{k}") << k for k in range(4))
            found += [(tile, places[place]) for value, place in enumerate(TABLE_BITS) if value & ~connected == 0]
    return found


def _is_connected(wires: Wires, database: Database, tile: Tile, name: str) -> bool:
    return wires.at(tile, name) != database.nets[tile[0], tile[1], name]


def samples_to_find(bits: Unpacked, database: Database, constraints: str, made: Path, seed: int) -> int | None:
    """After how many training samples a circuit is known to be wrong: 0 if it does not even answer, None if it is not."""
    circuit.write(bits, database, constraints, made)
    for samples in STEPS:
        try:
            if run.compare(made, run.network_for(LAYERS), samples, seed, patience=PATIENCE)["difference"] is not None:
                return samples
        except HostError:
            return 0
    return None


def try_all(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Flip `count` bits, one at a time; how many were found, and after how many samples."""
    bits, database = circuit.unpack(folder), icebox.read(circuit.PACKAGE)
    constraints = (folder / circuit.CONSTRAINTS).read_text()
    candidates = table_bits(bits, database)
    chosen = random.Random(seed).sample(candidates, count)
    found: Counter[str] = Counter()
    missed = []
    for number, (tile, place) in enumerate(chosen, 1):
        bits.flip(tile, place)
        samples = samples_to_find(bits, database, constraints, folder / "flipped", seed)
        bits.flip(tile, place)
        found["not found" if samples is None else str(samples)] += 1
        if samples is None:
            missed.append({"tile": list(tile), "bit": f"B{place[0]}[{place[1]}]"})
        run.report(f"{number} of {count}: tile {tile}, bit B{place[0]}[{place[1]}]: {samples}")
    return {
        "flips": count,
        "of": len(candidates),
        "seed": seed,
        "layers": list(LAYERS),
        "found": count - found["not found"],
        "found_after_samples": dict(found),
        "not_found": missed,
    }
