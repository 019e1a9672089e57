"""Builds a board with several seeds of nextpnr, side by side, and tabulates what came out.

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
from sw.cluster.options import add_options
from sw.cluster.workers import Workers
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
    add_options(parser)
    given = parser.parse_args(arguments)
    try:
        target = find(given.board)
        seeds = parse_seeds(given.seeds)
        command = f"python -m boards.seeds --board {target.name} --seeds {','.join(map(str, seeds))}"
        reports = {seed: known_report(folder_of(target.name, seed)) for seed in seeds}

        def keep() -> list[dict[str, Any]]:
            done = [report for report in reports.values() if report is not None]
            if done:
                make_folder(REPORTS)
                write_json(REPORTS / f"{target.name}-seeds.json", summary(done, command))
            return done

        keep()
        missing = {seed: (target.name, seed) for seed, report in reports.items() if report is None}
        workers = Workers(count=given.workers, scheduler=given.scheduler)
        if workers.are_elsewhere(len(missing)):
            missing = {seed: (*arguments, True) for seed, arguments in missing.items()}
        failed = []
        for outcome in workers.each(build_seed, missing, f"seeds of {target.name}"):
            if outcome.error is None:
                reports[outcome.name] = outcome.value
                keep()
            else:
                failed.append(outcome.error)
        if failed:
            raise failed[0]
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped: {len(keep())} of {len(seeds)} seeds are done", file=sys.stderr)
        return 130
    print_seeds(keep())
    return 0


def folder_of(board: str, seed: int) -> Path:
    """Where a seed is built."""
    return WORK / f"{board}-seed-{seed}"


def build_seed(board: str, seed: int, quiet: bool = False) -> dict[str, Any]:
    """The report of a new build; `quiet` where others are built beside it. Raises `BuildError`."""
    words = ["--board", board, "--seed", str(seed), "--output", str(folder_of(board, seed))]
    return build.build(build.make_request(build.parser().parse_args(words)), Console(stderr=True, quiet=quiet))


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
