"""What a board's file says about it, and what a family of devices needs to be built for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from boards.pll import Pll
from boards.usb_devices import UsbDevice
from sw.contract.geometry import Geometry

PLACED = "top.pnr.json"  # the routed design, which nextpnr writes


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of a tool in the build folder; its output goes to `<name>.log` there, unless it writes that file itself."""

    name: str
    tool: str
    arguments: tuple[str, ...]
    writes_log: bool = False


class Family(ABC):
    """The open flow of a family of devices: Yosys, nextpnr, and the tool that packs the bitstream."""

    bitstream: str  # file in the build folder
    logic: str  # resource of nextpnr's report that synapses are divided into
    memory: str  # the block that holds weights
    buffered_clock: bool  # the PLL takes its input from a buffer, not from the pin
    warm_up: tuple[str, ...]  # its tools
    finish: Callable[[Path], None] = staticmethod(lambda netlist: None)  # changes what Yosys wrote
    unpack: Step | None = None  # from the bitstream back to text, for `check_bitstream`

    @abstractmethod
    def pll(self, input_hz: Fraction, asked_hz: Fraction) -> Pll:
        """The PLL that comes closest. Raises `RequestError`."""

    @abstractmethod
    def synthesis(self) -> list[str]:
        """Commands of Yosys from the RTLIL that has been read to mapped cells."""

    def floorplan(self, geometry: Geometry, device: str) -> list[str]:
        """Commands of Yosys that tell nextpnr where to put cells; none where it knows best."""
        return []

    @abstractmethod
    def place_and_route(self, platform: Any, options: tuple[str, ...]) -> Step:
        """From `top.json` and Amaranth's constraints to the routed design (also as `PLACED`), its report `timing.json`."""

    @abstractmethod
    def pack(self, platform: Any) -> Step:
        """From the routed design to `bitstream`."""

    def check_bitstream(self, folder: Path, board: str) -> None:  # noqa: B027, most families have nothing to check
        """Raise `BuildError` unless the unpacked bitstream has what the netlist asks for."""

    @abstractmethod
    def weight_blocks(self, geometry: Geometry) -> int:
        """Blocks of `memory` that the weights of a geometry take."""

    @abstractmethod
    def blocks(self, device: str) -> int:
        """Blocks of `memory` that a device has."""

    @abstractmethod
    def demand(self, cells: dict[str, int]) -> int:
        """Blocks of `memory` that a synthesised design takes; `cells` counts its cells by type."""


@dataclass(frozen=True, kw_only=True)
class Loader:
    """The program that puts a bitstream into a board.

    Members: `probes`, ids of the USB devices that it reaches the board through, and what it is told for each; `at`, the options
    that name one such device; `port`, the option before a PORT that is no device of this machine, `takes`, what that may be,
    and `takes_serial_ports`, whether a serial port is such a thing; `hint`, what to do where it finds no board; `prepare`, from
    the bitstream to what it loads; `forgives`, whether an exit status and what it said are a success nevertheless.
    """

    tool: str
    probes: dict[tuple[int, int], tuple[str, ...]]
    at: Callable[[UsbDevice], tuple[str, ...]]
    port: str
    takes: str
    how_to_get: str
    takes_serial_ports: bool = False
    hint: str = ""
    forgives: Callable[[int, str], bool] | None = None
    prepare: Callable[[Path], Path] = lambda bitstream: bitstream


SMALL_MEMORIES = ("*.link.commands.samples/m:labels", "*.link.commands.predictions/m:ring")
"""Two memories of 4096 bits, which are in block RAM for want of a better use: where there is one, they are made of LUTs."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A board to build for. `name` is a key of `sw.contract.board_table.BOARDS`, which has its shape, baud rate and network.

    `clock_mhz` is asked of the PLL; `platform` makes a new platform, which can be used once. `high` names resources, pins that
    have to be driven to 1 for the board to stay as it is. `options` are nextpnr's, `seed` its seed in reports. `memory_pins`
    takes the pins of the SDRAM from the platform, of a board with one (`hw.store.chip.BOARD_CHIPS`). `lut_memories` are
    memories, as Yosys selects them, that are made of LUTs where weights and permutations take all block RAMs; `block_memories`
    are those that are small enough for LUTs, and for which a block is left.
    """

    name: str
    platform: Callable[[], Any]
    family: Family
    clock_mhz: float
    loader: Loader
    uart: str = "uart"
    lamp: tuple[str, ...] = ("led",)
    high: tuple[str, ...] = ()
    seed: int = 1
    memory_pins: Callable[[Any], Any] = lambda platform: platform.request("sdram", 0, dir="-")
    options: tuple[str, ...] = ()
    lut_memories: tuple[str, ...] = ()
    block_memories: tuple[str, ...] = ()
