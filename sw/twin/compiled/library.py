"""`machine.cpp` as a library, compiled once a machine."""

import ctypes
import functools
import hashlib
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("machine.cpp")
FOLDER = Path(__file__).parents[3] / "build" / "compiled-twin"
COMPILE = ("g++", "-O3", "-march=native", "-std=c++17", "-Wall", "-Werror", "-shared", "-fPIC")


class CompilerError(Exception):
    """There is no compiler, or it refuses the source. One sentence."""


@functools.cache
def library(source: Path = SOURCE) -> ctypes.CDLL:
    """The compiled `source`, made on first use (some seconds) and kept in `build`. Raises `CompilerError`."""
    if shutil.which(COMPILE[0]) is None:
        raise CompilerError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")
    compiler = subprocess.run([COMPILE[0], "-dumpfullversion"], capture_output=True, text=True).stdout
    # Code for one processor is not code for another, and a folder may be shared: the machine's name is part of the hash.
    parts = [source.read_text(encoding="utf-8"), *COMPILE, compiler, platform.machine(), platform.node()]
    path = FOLDER / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.so"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            made = Path(folder) / "made.so"
            done = subprocess.run([*COMPILE, "-o", made, source], capture_output=True, text=True)
            if done.returncode:
                raise CompilerError(f"g++ failed: {done.stderr.strip().splitlines()[-1]}")
            made.replace(path)
    loaded = ctypes.CDLL(str(path))
    loaded.machine_new.restype = ctypes.c_void_p
    loaded.machine_random.restype = ctypes.c_uint32
    loaded.machine_signature.restype = ctypes.c_uint32
    return loaded
