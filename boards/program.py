"""Loads a board's bitstream into it; builds it first where there is none, or one of other sources.

    python -m boards.program --board ulx3s-25f --port /dev/ttyUSB0
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from boards import build
from boards.catalogue import find
from boards.error import BuildError, RequestError
from boards.identity import source_hash
from boards.report import ROOT
from boards.target import Loader
from boards.tools import variable


def find_loader(loader: Loader) -> str:
    """The program that loads: named by its variable, or on PATH. Raises `RequestError`, which says how to get it."""
    name = os.environ.get(variable(loader.tool)) or loader.tool
    found = shutil.which(name)
    if found is None:
        raise RequestError(f"{name} is missing ({loader.how_to_get}); or name it in the variable {variable(loader.tool)}")
    return found


def outdated(folder: Path, seed: int | None) -> str | None:
    """Why the bitstream in a folder is not the one to load, as words; None if it is."""
    try:
        report = json.loads((folder / build.REPORT).read_text())
        bitstream = folder / report["bitstream"]
    except (OSError, ValueError, KeyError):
        return "there is no bitstream yet"
    if not bitstream.exists():
        return "there is no bitstream yet"
    if report["sources"] != source_hash():
        return "the bitstream was made from other sources"
    if seed is not None and report["seed"] != seed:
        return f"the bitstream was made with seed {report['seed']}"
    if report["margin"] < 0:
        return "the bitstream does not reach its clock"
    return None


def load(loader: Loader, bitstream: Path, port: str | None) -> None:
    """Run the loader. Raises `RequestError` if it is missing or takes no port, `BuildError` if it fails."""
    program = find_loader(loader)
    if port is not None and loader.port is None:
        raise RequestError(f"{loader.tool} finds the board by itself: leave PORT away")
    where = [loader.port, port] if port is not None and loader.port is not None else []
    command = [program, *where, *loader.arguments, str(loader.prepare(bitstream))]
    status = subprocess.run(command).returncode
    if status != 0:
        raise BuildError(f"{loader.tool} ended with status {status}: is the board connected, and may you open it?")


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="boards.program", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="ulx3s", help="name of a board; an unknown one lists them")
    parser.add_argument("--seed", type=int, help="load the bitstream of this seed of nextpnr")
    parser.add_argument("--port", help="where the board is, as its loader names it")
    given = parser.parse_args(arguments)
    try:
        target = find(given.board)
        find_loader(target.loader)
        folder = ROOT / "build" / target.name
        reason = outdated(folder, given.seed)
        if reason is not None:
            print(f"{reason}: building it", file=sys.stderr)
            chosen = [] if given.seed is None else ["--seed", str(given.seed)]
            status = build.main(["--board", target.name, *chosen])
            if status != 0:
                return status
        load(target.loader, folder / target.family.bitstream, given.port)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
