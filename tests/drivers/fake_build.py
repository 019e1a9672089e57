"""Stands for `sim.native.build`: the "compiled" board is a shell script that starts `tests.drivers.fake_board`.

    python -m tests.drivers.fake_build FOLDER [--change LINE] --geometry GEOMETRY

`LINE` is Python that changes the module `f` (`tests.drivers.fake_board`) before it starts: a board with a fault.
"""

import argparse
import shlex
import sys
import zlib
from pathlib import Path


def build_command(folder, change="pass"):
    """What a test puts in the place of `sw.host.simulated_board.BUILD`."""
    return (sys.executable, "-m", "tests.drivers.fake_build", str(folder), "--change", change)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--change", default="pass")
    parser.add_argument("--geometry", required=True)
    given = parser.parse_args()
    print("compiling", file=sys.stderr)
    print("something else")
    program = f"import tests.drivers.fake_board as f; {given.change}; f.main()"
    words = [sys.executable, "-c", program, "--geometry", given.geometry]
    path = given.folder / f"board-{zlib.crc32(repr(words).encode()):08x}"
    path.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
    path.chmod(0o755)
    print(path)


if __name__ == "__main__":
    main()
