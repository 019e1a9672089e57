"""`machine.cpp` as a library, compiled once a machine."""

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

from sw.contract.error import MetaplastError
from sw.tree import built
from sw.tree.sources import sources

SOURCE = Path(__file__).with_name("machine.cpp")
ROOM = "compiled-twin"
COMPILE = ("g++", "-O3", "-march=native", "-std=c++17", "-Wall", "-Werror", "-shared", "-fPIC", "-fvisibility-inlines-hidden")


class CompilerError(MetaplastError):
    """There is no compiler, or it refuses the source. One sentence."""


class NoCompilerError(CompilerError):
    """There is no compiler."""


def say_nothing(line: str) -> None:
    """Where nobody waits."""


@dataclass(frozen=True)
class RuleType:
    """A learning rule in the place of the contract's: the header of its type (`rule.h` says what that has), and its name."""

    header: Path
    name: str

    def options(self, folder: Path) -> list[str]:
        """For the compiler; `folder` holds `rule.h`."""
        return [f"-I{folder}", "-include", str(self.header), f"-DRULE={self.name}"]


@functools.cache
def library(source: Path = SOURCE, rule: RuleType | None = None, report: Callable[[str], None] = say_nothing) -> ctypes.CDLL:
    """The compiled `source`, with `rule` or the contract's: made on first use (some seconds, which `report` is told) and kept
    (`sw.tree.built`).

    Raises `CompilerError`.
    """
    if shutil.which(COMPILE[0]) is None:
        raise NoCompilerError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")
    compiler = subprocess.run([COMPILE[0], "-dumpfullversion"], capture_output=True, text=True).stdout
    files = [source, *sources("*.h", root=source.parent), *([rule.header] if rule else [])]
    texts = [path.read_text(encoding="utf-8") for path in files]
    # Code for one processor is not code for another, and a folder may be shared: the machine's name is part of the hash.
    parts = [*texts, rule.name if rule else "", *COMPILE, compiler, platform.machine(), platform.node()]
    name = f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.so"
    options = rule.options(source.parent) if rule else []
    made = built.found(ROOM, name)
    if made is None:
        report("compiling the twin (once)")
        made = _compile(source, options, name)
    loaded = ctypes.CDLL(str(made))
    loaded.machine_new.restype = ctypes.c_void_p
    loaded.machine_random.restype = ctypes.c_uint32
    loaded.machine_signature.restype = ctypes.c_uint32
    return loaded


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
