"""Builds a board's bitstream with open tools: `build/<board>/`, with its report and a log of each step.

    python -m boards.build --board ulx3s-25f
    python -m boards.build --board ulx3s --seed 3 --freq 90 --output build/try

Exit status 0: built, timing met, within the budgets. 1: a tool failed, the clock or a budget was missed. 2: what was
asked for cannot be built. A failure is one line `error: SENTENCE`.
"""

import argparse
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from boards import fit, floorplan, generate
from boards.budgets import check_budgets
from boards.catalogue import find
from boards.error import BuildError, RequestError
from boards.identity import source_hash
from boards.progress import BuildProgress
from boards.report import REPORTS, WORK, make_report, print_report
from boards.silicon import rules
from boards.silicon.rule import check_file
from boards.target import PLACED, Target
from boards.timing import read_timing
from boards.tools import find_tool, log_of, run_step
from sw.contract.board_table import BOARDS
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import make_folder, remove_file, write_bytes, write_json
from sw.files.streams import take_every_word

REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to build. What is None comes from the board: its clock, its seed, its shape and its network."""

    target: Target
    folder: Path
    seed: int
    asked_mhz: float
    geometry: Geometry
    layers: tuple[int, ...]
    options: tuple[str, ...] = ()

    @property
    def is_standard(self) -> bool:
        """The board's own shape and network: what its budget is about."""
        board = BOARDS[self.target.name]
        return self.geometry == board.geometry and self.layers == board.layers


def build(request: Request, console: Console) -> dict[str, Any]:
    """Build and return the report, which also lies in the folder. Raises `BuildError`.

    The clock and the budgets are not judged here: see `judge`.
    """
    target, family = request.target, request.target.family
    fit.check_network(request.layers, request.geometry, target)
    for tool in ("yosys", *family.warm_up):
        find_tool(tool)
    try:
        make_folder(request.folder)
        for stale in (REPORT, family.bitstream):
            remove_file(request.folder / stale)
    except FileError as error:
        raise RequestError(f"{error}: name another folder with --output") from error
    seconds: dict[str, float] = {}
    with BuildProgress(console, expected_seconds(target.name)) as progress:
        begun = time.monotonic()
        progress.begin("generate")
        hashed = source_hash()
        sources = generate.write(target, request.geometry, BOARDS[target.name].baud, request.asked_mhz, request.folder)
        fit.check_weights(request.geometry, target, sources.platform.device)
        progress.end(time.monotonic() - begun)
        seconds["generate"] = time.monotonic() - begun

        frequency = f"{float(sources.pll.frequency) / 1e6:.6f}"
        options = ("--seed", str(request.seed), "--freq", frequency, "--timing-allow-fail", *request.options)
        synthesis, placement = generate.synthesis(), family.place_and_route(sources.platform, options)
        steps = (synthesis, placement, family.pack(sources.platform), family.unpack)
        for step in filter(None, steps):
            progress.begin(step.name)
            try:
                seconds[step.name] = run_step(step, request.folder, progress.line)
            except BuildError:
                fit.check_placed(log_of(step, request.folder), sources.platform.device)
                raise
            progress.end(seconds[step.name])
            if step is synthesis:
                family.finish(request.folder / generate.NETLIST)
                fit.check_design(request.folder / generate.COUNTS, target, sources.platform.device)
                check_file(request.folder / generate.NETLIST, target, rules.SYNTHESISED)
            if step is placement:
                check_file(request.folder / PLACED, target, rules.PLACED)
        try:
            family.check_bitstream(request.folder, target.name)
        except BuildError:
            (request.folder / family.bitstream).unlink()
            raise

    report = make_report(
        target, request.geometry, request.layers, sources,
        read_timing(read_object(request.folder / "timing.json")), request.folder / family.bitstream,
        seed=request.seed, options=options, seconds=seconds, source_hash=hashed,
    )  # fmt: skip
    floorplan.draw(request.folder / PLACED, report, request.folder / "floorplan")
    write_json(request.folder / REPORT, report)
    return report


def expected_seconds(board: str) -> dict[str, float]:
    """What each step of a board took when its report was committed."""
    committed = REPORTS / f"{board}.json"
    return read_object(committed)["seconds"] if committed.exists() else {}


def judge(request: Request, report: dict[str, Any]) -> None:
    """Raise `BuildError` for a clock that the routed design does not reach and for a missed budget."""
    if report["margin"] < 0:
        path = report["critical_path"]
        raise BuildError(
            f"timing is not met: {report['clock_mhz']:.1f} of {report['asked_mhz']:.1f} MHz; the worst path goes from "
            f"{path['from']} to {path['to']} and takes {path['ns']:.1f} ns, {path['logic_ns']:.1f} in logic and "
            f"{path['routing_ns']:.1f} in wires; try another SEED or a lower --freq"
        )
    if request.is_standard:
        check_budgets(report, request.target.family)


def keep(request: Request, report: dict[str, Any]) -> None:
    """Copy report and picture of a board's own shape and network to `boards/reports`. Raises `RequestError` for another one."""
    if not request.is_standard:
        raise RequestError("--keep is for a board's own shape and network: leave --geometry and --layers away")
    make_folder(REPORTS)
    write_json(REPORTS / f"{request.target.name}.json", report)
    write_bytes(REPORTS / f"{request.target.name}-floorplan.png", (request.folder / "floorplan.png").read_bytes())


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    found = argparse.ArgumentParser(prog="boards.build", description=(__doc__ or "").split("\n")[0])
    found.add_argument("--board", default="ulx3s", help="name of a board; an unknown one lists them")
    found.add_argument("--seed", type=int, help="seed of nextpnr")
    found.add_argument("--freq", type=float, metavar="MHZ", help="clock to ask of the PLL and of nextpnr")
    found.add_argument("--output", type=Path, metavar="FOLDER", help="where everything goes, instead of build/BOARD")
    found.add_argument("--geometry", help="another shape: columns=…,rows=…,grid_height=…,…")
    found.add_argument("--layers", help="the network that the report is about: 784,500,10")
    found.add_argument("--keep", action="store_true", help="copy report and picture to boards/reports, for README")
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    given = parser().parse_args(arguments)
    try:
        request = make_request(given)
        report = build(request, Console(stderr=True))
        print_report(report, Console())
        print(request.folder / report["bitstream"])
        judge(request, report)
        if given.keep:
            keep(request, report)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except (ContractError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped: there is no bitstream", file=sys.stderr)
        return 130
    return 0


def make_request(given: argparse.Namespace) -> Request:
    """From the command line. Raises `RequestError` and `ContractError`."""
    target = find(given.board)
    board = BOARDS[target.name]
    return Request(
        target=target,
        folder=given.output or WORK / target.name,
        seed=target.seed if given.seed is None else given.seed,
        asked_mhz=target.clock_mhz if given.freq is None else given.freq,
        geometry=parse_geometry(given.geometry) if given.geometry else board.geometry,
        layers=parse_layers(given.layers) if given.layers else board.layers,
        options=target.options,
    )


def parse_layers(text: str) -> tuple[int, ...]:
    """`784,500,10`. Raises `RequestError`."""
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as error:
        raise RequestError(f"layers is {text!r}, expected sizes like 784,500,10") from error


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a tool that runs is ended too
    sys.exit(main())
