"""`machine.cpp` as a library, compiled once, for every processor of its kind."""

import ctypes
import functools
import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sw.contract.error import MetaplastError, require
from sw.tree import built
from sw.tree.sources import sources

SOURCE = Path(__file__).with_name("machine.cpp")
ROOM = "compiled-twin"
# GCC warns of vectors wider than a register, and of values that its own header for AVX-512 leaves open on purpose.
QUIET = ("-Wno-psabi", "-Wno-maybe-uninitialized")
COMPILE = ("g++", "-O3", "-std=c++17", "-Wall", "-Werror", *QUIET, "-shared", "-fPIC", "-fvisibility-inlines-hidden")
PATHS = ("plain", "avx2", "avx512")
"""What the machine is made for, in the order of `machine.cpp`: any processor; AVX2; AVX-512 with VBMI2 and VPOPCNTDQ."""


class CompilerError(MetaplastError):
    """There is no compiler, or it refuses the source. One sentence."""


def say_nothing(line: str) -> None:
    """Where nobody waits."""


@dataclass(frozen=True)
class RuleType:
    """A learning rule in the place of the contract's: the header of its type (`rule.h` says what that has), and its name."""

    header: Path
    name: str

    def options(self) -> list[str]:
        """For the compiler."""
        return [f'-DRULE_HEADER="{self.header}"', f"-DRULE={self.name}"]


@functools.cache
def library(source: Path = SOURCE, rule: RuleType | None = None, report: Callable[[str], None] = say_nothing) -> ctypes.CDLL:
    """The compiled `source`, with `rule` or the contract's: made on first use (some seconds, which `report` is told) and kept
    (`sw.tree.built`).

    Raises `CompilerError`.
    """
    if shutil.which(COMPILE[0]) is None:
        raise CompilerError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")
    compiler = subprocess.run([COMPILE[0], "-dumpfullversion"], capture_output=True, text=True).stdout
    files = [source, *sources("*.h", root=source.parent), *([rule.header] if rule else [])]
    texts = [path.read_text(encoding="utf-8") for path in files]
    parts = [*texts, rule.name if rule else "", *COMPILE, compiler, platform.machine()]
    name = f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.so"
    options = rule.options() if rule else []
    made = built.found(ROOM, name)
    if made is None:
        report("compiling the twin (once)")
        made = _compile(source, options, name)
    loaded = ctypes.CDLL(str(made))
    loaded.machine_new.restype = ctypes.c_void_p
    loaded.machine_random.restype = ctypes.c_uint32
    loaded.machine_signature.restype = ctypes.c_uint32
    return loaded


def paths(loaded: ctypes.CDLL) -> list[str]:
    """Those of `PATHS` that this processor runs, the quickest last."""
    return [name for number, name in enumerate(PATHS) if loaded.machine_runs(number)]


def path_of(loaded: ctypes.CDLL, name: str | None) -> str:
    """The path of a name, the quickest without one. Raises `ContractError` for one that this processor does not run."""
    runs = paths(loaded)
    require(name is None or name in runs, f"the path is {name}, expected one that this processor runs: {', '.join(runs)}")
    return name or runs[-1]


def _compile(source: Path, options: list[str], name: str) -> Path:
    try:
        room = built.folder(ROOM)
    except built.NoFolderError as error:
        raise CompilerError(str(error)) from error
    with tempfile.TemporaryDirectory(dir=room) as folder:
        made = Path(folder) / "made.so"
        command = [*COMPILE, *options, "-o", made, source]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise CompilerError(f"g++ failed: {said[-1]}")
        return made.replace(room / name)
