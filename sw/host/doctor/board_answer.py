"""What the board on a port says of itself."""

from collections.abc import Iterator

from sw.contract.boards import BOARDS
from sw.host.device import Device, connect
from sw.host.doctor.finding import Finding
from sw.host.error import HostError, LinkError
from sw.host.ports import serial_ports
from sw.host.serial_transport import SerialTransport

HELLO_TIMEOUT = 1.5


def board_answer(port: str, board: str | None) -> Iterator[Finding]:
    """HELLO of the board on a port: at `board`'s rate, else at the rate of every board that may be on it."""
    what = f"the board on {port}"
    try:
        with _connect(port, board) as device:
            hello, geometry = device.hello, device.geometry
    except HostError as error:
        yield Finding(what, "no answer", str(error))
        return
    kinds = [name for name, known in BOARDS.items() if known.geometry == geometry]
    grid = f"{geometry.grid_height} x {geometry.grid_width} cells of {geometry.synapses_per_cell} synapses"
    wrong = board is not None and board not in kinds
    yield Finding(
        what,
        f"{' or '.join(kinds) or 'a board of another shape'}: build {hello.build:016x}, {geometry.rows} rows of "
        f"{geometry.columns} columns, {grid}, {geometry.folds} folds, {geometry.slices} slices, "
        f"{hello.clock_hz / 1e6:g} MHz, buffer of {hello.buffer_bytes} bytes",
        f"it is no {board}: give another --board or program it again" if wrong else "",
    )


def _connect(port: str, board: str | None) -> Device:
    """Tries each rate once; the last error where none is answered."""
    error: HostError | None = None
    for baud in _bauds(port, board):
        try:
            return connect(SerialTransport(port, baud), f"the board on {port}", hello_timeout=HELLO_TIMEOUT)
        except LinkError as found:
            error = found
    assert error is not None
    raise error


def _bauds(port: str, board: str | None) -> list[int]:
    """Bits per second to try, each once, those of the likely boards first."""
    if board is not None:
        return [BOARDS[board].baud]
    likely = [name for found in serial_ports() if found.device == port for name in found.may_be()]
    return list(dict.fromkeys(BOARDS[name].baud for name in [*likely, *BOARDS]))
