"""From the files of a build to the simulator's file of the circuit in its bits."""

import subprocess
from fractions import Fraction
from pathlib import Path

from boards.catalogue import find
from boards.clocks import uart_rate
from boards.tools import find_tool
from sim.bitstream import ice40, icebox, unpacked
from sim.bitstream.unpacked import Unpacked
from sim.native.compiler import BuildError
from sim.netlist import build
from sw.contract.boards import BOARDS

BOARD = "icebreaker"
PACKAGE = "sg48"
CONSTRAINTS = "top.pcf"


def unpack(folder: Path) -> Unpacked:
    """The bits of the bitstream that a build left in a folder. Raises `BuildError`."""
    bitstream = folder / find(BOARD).family.bitstream
    if not bitstream.exists():
        raise BuildError(f"{bitstream} is missing: build it (make bitstream BOARD={BOARD})")
    # Beside its bits the file may tell the names of nets in a comment; iceunpack sees the bits alone.
    text = folder / "unpacked.asc"
    done = subprocess.run(
        [find_tool("iceunpack"), bitstream.name, text.name], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"iceunpack failed: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}")
    return unpacked.parse(text.read_text())


def write(bits: Unpacked, database: icebox.Database, constraints: str, made: Path) -> ice40.Circuit:
    """Write the simulator's file of the circuit to `made`. Raises `BuildError` for bits that mean nothing.

    The clock, and with it the baud rate that the simulated host keeps to, is what the bits of the PLL make of the oscillator's.
    """
    circuit = ice40.Circuit(bits, database, ice40.ports_of(constraints))
    if not circuit.pll:
        raise BuildError("the bitstream does not use the PLL")
    rate = uart_rate(frequency(circuit.pll), BOARDS[BOARD].baud)
    known = build.serial(rate, build.RX, build.TX)
    made.write_text(build.flattened(circuit.design(), "Ice40", **known))
    return circuit


def frequency(pll: dict[str, int]) -> Fraction:
    """What the PLL makes of the board's oscillator, in Hz (Lattice TN1251, simple feedback)."""
    oscillator = Fraction(find(BOARD).platform().default_clk_frequency)
    return oscillator * (pll["DIVF"] + 1) / ((pll["DIVR"] + 1) * 2 ** pll["DIVQ"])
