"""The boards by name: the twin, compiled or not, the simulated board, and every board that has a geometry and a serial port."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sw.contract.board_table import ALIASES, BOARDS, board_name
from sw.contract.frames import told_shape
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import connect
from sw.host.error import BoardError
from sw.host.escaped_transport import serial_line
from sw.host.latency import SHORTEST, latency, shorten
from sw.host.learning_device import LearningDevice
from sw.host.ports import find_port, named
from sw.host.simulated_board import open_simulated
from sw.tree.extras import install, lacking

# By name: the twin brings torch, the compiled twin a compiler, and a machine beside a board need have neither.
TWIN, COMPILED = "sw.twin.device", "sw.twin.compiled"

IN_ITS_PLACE = "the twin in PyTorch computes the same bits, more slowly"
_told: list[bool] = []  # whether that has been said in this process: once is enough

SIMULATED = BOARDS["ulx3s-85f"].geometry  # of the board `sim`, unless another one is asked for
SIMULATED_MEMORY = 32 << 20  # bytes for samples of it (`sim.native.build`)

ABOUT = {
    "twin": "the machine in PyTorch, bit for bit",
    "sim": "the gateware compiled to native code",
    "compiled": "the twin compiled to native code, for long streams",
}
"""What the boards that are no chip are, by name."""

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board that can be opened; `geometry` is None where any network fits."""

    name: str
    geometry: Geometry | None

    def check_fits(self, network: Network) -> None:
        """Raise `ContractError` unless the network fits: before anything is built, opened or sent."""
        if self.geometry is not None:
            self.geometry.check_fits(network)

    def open(self, report: Report) -> LearningDevice:
        """The board as a device; `report` is given lines of progress. Raises `HostError`."""
        raise NotImplementedError


class TwinBoard(Board):
    """The bit-exact machine in PyTorch."""

    def open(self, report: Report) -> LearningDevice:
        return _module(TWIN, "the twin").TwinDevice()


class CompiledBoard(Board):
    """The same machine in C++; compiled on first use. Without a compiler, the machine in PyTorch."""

    def open(self, report: Report) -> LearningDevice:
        module = _module(COMPILED, "the compiled twin")
        try:
            return module.CompiledDevice(report=report)
        except module.NoCompilerError as error:
            return _in_its_place(error, report)
        except module.CompilerError as error:
            raise BoardError(f"the compiled twin cannot be made: {error}") from error


class SimulatedBoard(Board):
    """The gateware compiled to native code; built on first use."""

    def open(self, report: Report) -> LearningDevice:
        assert self.geometry is not None
        return open_simulated(self.geometry, report)


@dataclass(frozen=True, kw_only=True)
class SerialBoard(Board):
    """A board on a serial port."""

    geometry: Geometry
    port: str
    baud: int
    escaped: bool = False

    def open(self, report: Report) -> LearningDevice:
        device = connect(serial_line(self.port, self.baud, self.escaped), f"the board on {self.port}")
        if told_shape(device.geometry) != told_shape(self.geometry):
            device.close()
            raise BoardError(f"the board on {self.port} is no {self.name}: it has the shape {device.geometry}")
        kept_back = latency(self.port)  # the transport has asked for the shortest
        if kept_back is not None and kept_back > SHORTEST:
            what = f"the adapter on {self.port} keeps replies back for {kept_back} ms, which leaves the line half empty"
            report(f"{what}; to change it: {shorten(self.port)}")
        return device


def _module(name: str, what: str) -> Any:
    """A module of the twins. Raises `BoardError` where a package that it needs is missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise BoardError(lacking(what, error.name or name)) from error


def _in_its_place(error: Exception, report: Report) -> LearningDevice:
    """The twin for the compiled one, with the same bits; `report` is told once. Raises `BoardError` without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        raise BoardError(f"the compiled twin cannot be made: {error}, or choose the twin: {install('torch')}") from error
    if not _told:
        _told.append(True)
        report(f"{error}; until then {IN_ITS_PLACE}")
    return TwinBoard(name="twin", geometry=None).open(report)


ANY_NETWORK = {"twin": TwinBoard, "compiled": CompiledBoard}


def names() -> list[str]:
    """Every name that `find` knows, without aliases."""
    return ["twin", "sim", "compiled", *BOARDS]


def find(name: str, port: str | None = None, geometry: Geometry | None = None) -> Board:
    """The board of a name; without a port, one on the only port that it can be on.

    Raises `BoardError` for an unknown name, for options that do not go with it, and where no port or several can be meant.
    """
    known = board_name(name)
    if known not in names():
        raise BoardError(f"there is no board {name}: choose one of {', '.join([*names(), *ALIASES])}")
    if known not in BOARDS and port is not None:
        raise BoardError(f"the board {name} is on no port: leave --port away or choose another board")
    if known in ANY_NETWORK:
        return ANY_NETWORK[known](name=known, geometry=geometry)
    if known == "sim":
        return SimulatedBoard(name=known, geometry=geometry or SIMULATED)
    if geometry is not None:
        raise BoardError(f"the board {name} has a geometry of its own: leave --geometry away or choose sim")
    board, device = BOARDS[known], find_port(known) if port is None else named(port, known)
    return SerialBoard(name=known, geometry=board.geometry, port=device, baud=board.baud, escaped=board.escaped)
