"""What the choices cost: area, clock, cycles and build time of a chip of 144 synapses, over its shape and the tools' options.

    python -m boards.sweep                      # every point that is not in boards/reports/sweep.json yet
    python -m boards.sweep --only k16-s4        # these points (comma between them), measured again
    python -m boards.sweep --tables             # table and picture again, from the file

A point is built like a board, on the 25F of an OrangeCrab, which has no memory for samples. All shapes compute 144 synapses
a cycle and hold the same network, so that what differs between points is what a synapse costs. One point takes minutes; they
are built side by side, and each is kept as soon as it is there.
"""

import argparse
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from boards import sweep_table
from boards.build import Request, build
from boards.catalogue import find
from boards.error import BuildError, RequestError
from boards.report import REPORTS, WORK
from sw.cluster.options import add_options
from sw.cluster.workers import Workers
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import make_folder, write_json
from sw.files.streams import take_every_word

RESULT = REPORTS / "sweep.json"
BOARD = "orangecrab-25f"
ASKED_MHZ = 80.0
FOLDS, ROWS = 6, 80  # 864 columns; 480 words of the blocks' 512
LAYERS = (784, 70, 10)
SAMPLES = 2000  # of MNIST, for the cycles
GRIDS = {4: (6, 6), 8: (6, 3), 16: (3, 3)}  # by synapses a cell: 144 synapses
# Synapses a cell, slices, samples of a group. A slice has a memory of its own, and a block is four weights wide: with fewer of
# them in a slice the same 36 blocks would hold less than half.
SHAPES = (
    *((4, 1, 1), (8, 1, 1), (8, 2, 1), (16, 1, 1), (16, 2, 1), (16, 4, 1)),
    *((8, 2, 2), (8, 2, 4), (16, 2, 2), (16, 2, 4), (16, 4, 2), (16, 4, 4)),
)
STANDARD = (16, 4, 1)
OPTIONS = {
    "router2": ("--router", "router2"),
    "ripup": ("--tmg-ripup",),
    "weight30": ("--placer-heap-timingweight", "30"),
    "beta70": ("--placer-heap-beta", "0.7"),
}
SEEDS = (2, 3)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One thing to build: synapses a cell, slices, samples of a group, nextpnr's options and seed."""

    synapses_per_cell: int
    slices: int
    group: int
    variant: str = ""
    options: tuple[str, ...] = ()
    seed: int = 1

    @property
    def name(self) -> str:
        """`k16-s4`, with `-g2` where a group has two samples, and what else is different."""
        group = f"-g{self.group}" if self.group > 1 else ""
        return f"k{self.synapses_per_cell}-s{self.slices}{group}{self.variant}"

    @property
    def geometry(self) -> Geometry:
        """The shape."""
        height, width = GRIDS[self.synapses_per_cell]
        return Geometry(
            columns=height * width * self.synapses_per_cell * FOLDS,
            rows=ROWS,
            grid_height=height,
            grid_width=width,
            synapses_per_cell=self.synapses_per_cell,
            folds=FOLDS,
            slices=self.slices,
            group=self.group,
        )


def points() -> dict[str, Point]:
    """All points by name: every shape, then the options and the seeds at one shape."""
    found = [Point(synapses_per_cell=k, slices=slices, group=group) for k, slices, group in SHAPES]
    k, slices, group = STANDARD
    for name, options in OPTIONS.items():
        found.append(Point(synapses_per_cell=k, slices=slices, group=group, variant=f"-{name}", options=options))
    for seed in SEEDS:
        found.append(Point(synapses_per_cell=k, slices=slices, group=group, variant=f"-seed{seed}", seed=seed))
    return {point.name: point for point in found}


def cycles(geometry: Geometry, folder: Path) -> dict[str, Any]:
    """What a training sample costs on the simulated board of a shape. Raises `BuildError`."""
    text, path = geometry_text(geometry), (folder / "cycles.json").absolute()
    shape = ["--geometry", text, "--layers", ",".join(map(str, LAYERS)), "--samples", str(SAMPLES)]
    command = [sys.executable, "-P", "-m", "sw.experiments.cycles", *shape, "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise BuildError(f"the cycles of {text} could not be measured: {last}")
    return read_object(path)[text]


def measure(point: Point, counted: float | None, quiet: bool = False) -> dict[str, Any]:
    """Build a point and count its cycles, unless they are `counted`; `quiet` where it is not alone. Raises `BuildError`."""
    folder = WORK / "sweep" / point.name
    request = Request(
        target=find(BOARD),
        folder=folder,
        seed=point.seed,
        asked_mhz=ASKED_MHZ,
        geometry=point.geometry,
        layers=LAYERS,
        options=point.options,
    )
    report = build(request, Console(stderr=True, quiet=quiet))
    counted = counted or cycles(point.geometry, folder)["cycles_per_sample"]
    return {
        "geometry": report["geometry"],
        "layers": list(LAYERS),
        "options": list(point.options),
        "seed": point.seed,
        "use": report["use"],
        "logic_per_synapse": report["logic_per_synapse"],
        "clock_mhz": report["clock_mhz"],
        "critical_path": report["critical_path"],
        "cycles": counted,
        "samples_per_second": round(report["clock_mhz"] * 1e6 / counted, 1),
        "seconds": report["seconds"],
        "tools": report["tools"],
        "command": shlex.join(["python", "-m", "boards.sweep", "--only", point.name]),
    }


def chosen(only: str | None, known: dict[str, Any]) -> list[Point]:
    """The points to measure. Raises `RequestError` for a name that there is not."""
    there = points()
    if only is None:
        return [point for name, point in there.items() if name not in known]
    wrong = [name for name in only.split(",") if name not in there]
    if wrong:
        raise RequestError(f"there is no point {', '.join(wrong)}: choose from {', '.join(there)}")
    return [there[name] for name in only.split(",")]


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="boards.sweep", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", metavar="NAMES", help="measure these points, again if need be; an unknown one lists them")
    parser.add_argument("--tables", action="store_true", help="measure nothing: write table and picture from the file")
    add_options(parser)
    given = parser.parse_args(arguments)
    try:
        known: dict[str, Any] = read_object(RESULT) if RESULT.exists() else {}
        workers = Workers(count=given.workers, scheduler=given.scheduler)
        measure_all([] if given.tables else chosen(given.only, known), known, workers)
        sweep_table.write(known)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped: {len(known)} points are in {RESULT}", file=sys.stderr)
        return 130
    return 0


def measure_all(wanted: list[Point], known: dict[str, Any], workers: Workers) -> None:
    """Add the points to `known`, written as each comes: a shape's first point, which counts its cycles, before its others.

    Raises what a point raised, when all the others are done.
    """
    failed = []
    while wanted:
        counted = {shape(entry["geometry"]): entry["cycles"] for entry in known.values()}
        firsts = {shape(asdict(point.geometry)): point for point in reversed(wanted)}
        now = [p for p in wanted if shape(asdict(p.geometry)) in counted or firsts[shape(asdict(p.geometry))] is p]
        quiet = workers.are_elsewhere(len(now))
        parts = {point.name: (point, counted.get(shape(asdict(point.geometry))), quiet) for point in now}
        for outcome in workers.each(measure, parts, "points"):
            if outcome.error is None:
                known |= {outcome.name: outcome.value}
                make_folder(RESULT.parent)
                write_json(RESULT, {name: known[name] for name in points() if name in known})
            else:
                failed.append(outcome.error)
        wanted = [point for point in wanted if point not in now]
    if failed:
        raise failed[0]


def shape(geometry: dict[str, Any]) -> tuple[Any, ...]:
    """What the cycles of a point depend on."""
    return tuple(geometry.items())


if __name__ == "__main__":
    sys.exit(main())
