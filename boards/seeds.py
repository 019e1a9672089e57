"""Builds a board with several seeds of nextpnr, one after the other, and tabulates what came out.

    python -m boards.seeds --board ulx3s-85f --seeds 1,2,3,4,5

Leaves `boards/reports/<board>-seeds.json`, written again after each seed. A seed whose report was made from the same sources
is not built again, so that a run that was broken off goes on where it stopped.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from boards import build
from boards.catalogue import find
from boards.error import BuildError, RequestError
from boards.identity import source_hash
from boards.report import REPORTS, WORK
from sw.contract.error import ContractError
from sw.figures.table import show
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import make_folder, write_json
from sw.files.streams import take_every_word

COLUMNS = ("seed", "clock_mhz", "asked_mhz", "margin", "logic_per_synapse", "samples_per_second", "seconds", "sha256")


def known_report(folder: Path) -> dict[str, Any] | None:
    """The report in a folder, if it was made from the sources as they are."""
    file = folder / build.REPORT
    report = read_object(file) if file.exists() else None
    return report if report is not None and report["sources"] == source_hash() else None


def summary(reports: list[dict[str, Any]], command: str) -> dict[str, Any]:
    """The table of the seeds; `worst_clock_mhz` is what a budget can count on."""
    return {
        "board": reports[0]["board"],
        "command": command,
        "worst_clock_mhz": min(report["clock_mhz"] for report in reports),
        "sources": reports[0]["sources"],
        "tools": reports[0]["tools"],
        "seeds": [{name: report[name] for name in COLUMNS} for report in reports],
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status: 0 as well if a seed misses the clock, which the table then shows."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="boards.seeds", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="ulx3s-85f", help="name of a board; an unknown one lists them")
    parser.add_argument("--seeds", default="1,2,3,4,5", help="seeds, with commas")
    given = parser.parse_args(arguments)
    try:
        target = find(given.board)
        seeds = parse_seeds(given.seeds)
        reports = []
        for seed in seeds:
            folder = WORK / f"{target.name}-seed-{seed}"
            report = known_report(folder)
            if report is None:
                print(f"{target.name}, seed {seed}", file=sys.stderr)
                arguments = ["--board", target.name, "--seed", str(seed), "--output", str(folder)]
                report = build.build(build.make_request(build.parser().parse_args(arguments)), Console(stderr=True))
            reports.append(report)
            command = f"python -m boards.seeds --board {target.name} --seeds {','.join(map(str, seeds))}"
            make_folder(REPORTS)
            write_json(REPORTS / f"{target.name}-seeds.json", summary(reports, command))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print_seeds(reports)
    return 0


def parse_seeds(text: str) -> list[int]:
    """`1,2,3`. Raises `RequestError`."""
    try:
        return [int(seed) for seed in text.split(",")]
    except ValueError as error:
        raise RequestError(f"seeds is {text!r}, expected numbers like 1,2,3") from error


def print_seeds(reports: list[dict[str, Any]]) -> None:
    """The table on the terminal."""
    table = Table("seed", "clock, MHz", "margin", "samples a second", "seconds")
    for report in reports:
        rate = report["samples_per_second"]
        seconds = sum(report["seconds"].values())
        table.add_row(
            str(report["seed"]), f"{report['clock_mhz']:.1f}", f"{report['margin']:+.1%}",
            "-" if rate is None else f"{rate:,.0f}", f"{seconds:.0f}",
        )  # fmt: skip
    show(table)


if __name__ == "__main__":
    sys.exit(main())
