"""The line of a board on which one byte never goes (`sw.contract.escape`), seen from the board."""

from sw.contract.escape import Unescaper, escape
from sw.host.transport import Transport


class EscapedBoard:
    """A `Transport` to `board`: what is written is unescaped on its way there, what is read comes back escaped."""

    def __init__(self, board: Transport) -> None:
        self._board = board
        self._unescaper = Unescaper()

    @property
    def reopens(self) -> bool:
        """As of the board."""
        return self._board.reopens

    def reopen(self) -> None:
        """Connect again."""
        self._board.reopen()

    def write(self, data: bytes) -> None:
        """Bytes of the line, to the board."""
        self._board.write(self._unescaper.feed(data))

    def read(self, at_most: int, timeout: float) -> bytes:
        """What the board answers, as bytes of the line: up to twice `at_most`."""
        return escape(self._board.read(at_most, timeout))

    def close(self) -> None:
        """Close the board."""
        self._board.close()
