"""What the board on a port says of itself."""

from collections.abc import Iterator

from sw.contract.board_table import BOARDS
from sw.contract.frames import told_shape
from sw.host.device import Device, connect
from sw.host.doctor.finding import Finding
from sw.host.error import HostError, LinkError
from sw.host.escaped_transport import serial_line
from sw.host.ports import serial_ports

HELLO_TIMEOUT = 1.5


def board_answer(port: str, board: str | None) -> Iterator[Finding]:
    """HELLO of the board on a port: over `board`'s kind of line, else over those of every board that may be on it."""
    what = f"the board on {port}"
    try:
        with _connect(port, board) as device:
            hello, geometry = device.hello, device.geometry
    except HostError as error:
        yield Finding(what, "no answer", str(error))
        return
    kinds = [name for name, known in BOARDS.items() if told_shape(known.geometry) == told_shape(geometry)]
    grid = f"{geometry.grid_height} x {geometry.grid_width} cells of {geometry.synapses_per_cell} synapses"
    wrong = board is not None and board not in kinds
    yield Finding(
        what,
        f"{' or '.join(kinds) or 'a board of another shape'}: build {hello.build:016x}, {geometry.rows} rows of "
        f"{geometry.columns} columns, {grid}, {geometry.folds} folds, {geometry.slices} slices, "
        f"{hello.clock_hz / 1e6:g} MHz, buffer of {hello.buffer_bytes} bytes, {_memory(hello.sample_memory)}",
        f"it is no {board}: give another --board or program it again" if wrong else "",
    )


def _memory(size: int) -> str:
    return f"sample memory of {size >> 20} MiB" if size else "no sample memory: the host rehearses"


def _connect(port: str, board: str | None) -> Device:
    """Tries each kind of line once; the last error where none is answered."""
    error: HostError | None = None
    for baud, escaped in _lines(port, board):
        try:
            return connect(serial_line(port, baud, escaped), f"the board on {port}", hello_timeout=HELLO_TIMEOUT)
        except LinkError as refused:
            error = refused
    assert error is not None
    raise error


def _lines(port: str, board: str | None) -> list[tuple[int, bool]]:
    """(bits per second, escaped) to try, each once, those of the likely boards first."""
    likely = [name for there in serial_ports() if there.device == port for name in there.may_be()]
    names = [board] if board is not None else [*likely, *BOARDS]
    return list(dict.fromkeys((BOARDS[name].baud, BOARDS[name].escaped) for name in names))
