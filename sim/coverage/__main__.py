"""Merges what the benches met into a table: `python -m sim.coverage`, after `make coverage` or `make sim`.

Writes `results/coverage.json`: for each point its bins with their hits, the holes, and the bins that are not asked for with
the reason. Exit status 1: there are holes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.table import Table

from sim.coverage.collector import BETWEEN, Collector, merged
from sim.coverage.points import POINTS
from sw.figures.table import show
from sw.files.error import FileError
from sw.files.output import check_outputs, make_folder, write_json
from sw.files.streams import take_every_word
from sw.tree import built

ROOT = Path(__file__).parent.parent.parent
FOLDER = built.folder("coverage")
RESULTS = ROOT / "results" / "coverage.json"


def summary(collector: Collector, benches: int) -> dict[str, Any]:
    """What the results file holds."""
    points = {}
    for point in POINTS:
        hits = collector.hits[point.name]
        points[point.name] = {
            "about": point.about,
            "axes": {name: list(values) for name, values in point.axes.items()},
            "bins": {BETWEEN.join(each): hits[each] for each in point.bins()},
            "spared": {BETWEEN.join(each): reason for each, reason in point.spared.items()},
            "impossible": {BETWEEN.join(each): reason for each, reason in point.impossible.items()},
        }
    holes = collector.holes()
    asked = sum(len(point["bins"]) for point in points.values())
    return {"benches": benches, "bins": asked, "hit": asked - len(holes), "holes": holes, "points": points}


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m sim.coverage", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="what the benches have written")
    parser.add_argument("--output", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    files = sorted(given.folder.glob("*.json"))
    if not files:
        print(f"error: {given.folder} has no coverage: run make coverage", file=sys.stderr)
        return 2
    try:
        make_folder(given.output.parent)
        check_outputs({"--output": given.output}, {f"--folder, {file.name}": file for file in files})
        told = summary(merged(files), len(files))
        write_json(given.output, told)
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    table = Table("point", "bins", "hit", "holes")
    for name, point in told["points"].items():
        holes = [each for each, hits in point["bins"].items() if not hits]
        table.add_row(name, str(len(point["bins"])), str(len(point["bins"]) - len(holes)), ", ".join(holes))
    show(table)
    print(f"{told['hit']} of {told['bins']} bins in {told['benches']} benches; {given.output}")
    return int(bool(told["holes"]))


if __name__ == "__main__":
    sys.exit(main())
