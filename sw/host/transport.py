"""Bytes to a board and back: the interface that a serial port, a process and a test's pipe share."""

from typing import Protocol


class Transport(Protocol):
    """A duplex byte stream. All methods raise `TransportError` when the other side is gone.

    Members: `reopens`, whether `reopen` may bring it back, as with a cable that is put in again.
    """

    @property
    def reopens(self) -> bool:
        """Whether another side that is gone may come back."""
        ...

    def reopen(self) -> None:
        """Connect again; what was on its way is lost."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`. Never waits for a reader that waits for us: what arrives meanwhile is kept for `read`."""
        ...

    def read(self, at_most: int, timeout: float) -> bytes:
        """1 to `at_most` bytes, or b"" when none has come within `timeout` seconds (0: only what is there)."""
        ...

    def close(self) -> None:
        """End the connection; closing twice is allowed."""
        ...
