"""A line to the board in Python: no process, no port, no waiting."""

import time

from sw.host.error import TransportError
from sw.wire.board import ModelBoard


class Line:
    """A `Transport` to `board`: its answers wait until they are read."""

    reopens = False

    def __init__(self, board: ModelBoard) -> None:
        self.board = board
        self._arrived = bytearray()

    def write(self, data: bytes) -> None:
        """The board answers at once."""
        self._arrived += self.board.feed(data)

    def read(self, at_most: int, timeout: float) -> bytes:
        """What the board has answered; nothing more comes by waiting, but a host counts on the time."""
        if not self._arrived:
            time.sleep(timeout)
        data = bytes(self._arrived[:at_most])
        del self._arrived[:at_most]
        return data

    def reopen(self) -> None:
        """Raises `TransportError`: it never goes away."""
        raise TransportError("the board in Python has no line that could be opened again")

    def close(self) -> None:
        """Nothing is held."""
