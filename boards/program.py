"""Loads a board's bitstream into it; builds it first where there is none, or one of other sources.

    python -m boards.program --board ulx3s-25f --port /dev/ttyUSB0

`make program` starts it.
"""

import argparse
import sys
from pathlib import Path

from boards import build
from boards.catalogue import find
from boards.error import BuildError
from boards.identity import source_hash
from boards.load import find_loader, load
from boards.report import WORK
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.streams import take_every_word


def outdated(folder: Path, seed: int | None) -> str | None:
    """Why the bitstream in a folder is not the one to load, as words; None if it is."""
    try:
        report = read_object(folder / build.REPORT)
        bitstream = folder / report["bitstream"]
    except (FileError, KeyError):
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


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="boards.program", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="ulx3s", help="name of a board; an unknown one lists them")
    parser.add_argument("--seed", type=int, help="load the bitstream of this seed of nextpnr")
    parser.add_argument("--port", help="a serial port of the board, or what its loader takes")
    given = parser.parse_args(arguments)
    try:
        target = find(given.board)
        find_loader(target.loader)
        folder = WORK / target.name
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
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
