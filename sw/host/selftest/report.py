"""The head of a self-test's report: what was tested, by what, so that somebody who was not there can read it."""

import platform
from importlib.metadata import version

from sw.contract.frames import VERSION
from sw.contract.geometry_text import geometry_text
from sw.host import known_boards
from sw.host.device import Device
from sw.host.learning_device import LearningDevice


def head(board: known_boards.Board, device: LearningDevice) -> list[str]:
    """The lines before those of the stages. Nothing in them names a person, a folder or a serial number."""
    lines = [
        f"metaplast {version('metaplast')}, protocol {VERSION}, Python {platform.python_version()} on {platform.system()} "
        f"{platform.release()} {platform.machine()}",
        f"board {board.name}{_where(board)}",
    ]
    if isinstance(device, Device):
        hello = device.hello
        lines.append(
            f"gateware {hello.build:016x}, clock {hello.clock_hz / 1e6:.6g} MHz, buffer {hello.buffer_bytes} bytes, "
            f"sample memory {hello.sample_memory} bytes"
        )
        lines.append(f"shape {geometry_text(device.geometry)}")
    return lines


def _where(board: known_boards.Board) -> str:
    if not isinstance(board, known_boards.SerialBoard):
        return ""
    return f" on {board.port} at {board.baud} baud"
