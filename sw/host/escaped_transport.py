"""The line of a board on which one byte never goes (`sw.contract.escape`), over any other transport."""

import time

from sw.contract.escape import Unescaper, escape
from sw.host.serial_transport import SerialTransport
from sw.host.transport import Transport


class EscapedTransport:
    """A `Transport` whose bytes are escaped on `inner`, in both directions."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._unescaper = Unescaper()

    @property
    def reopens(self) -> bool:
        """As of the transport below."""
        return self._inner.reopens

    def reopen(self) -> None:
        """Connect again; half of an escaped byte that came before is forgotten."""
        self._unescaper = Unescaper()
        self._inner.reopen()

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        self._inner.write(escape(data))

    def read(self, at_most: int, timeout: float) -> bytes:
        """1 to `at_most` bytes, or b"" after `timeout` seconds. An escape byte alone is no byte yet."""
        deadline = time.monotonic() + timeout
        while True:
            came = self._inner.read(at_most, max(0.0, deadline - time.monotonic()))
            plain = self._unescaper.feed(came)
            if plain or not came:
                return plain

    def close(self) -> None:
        """Close the transport below."""
        self._inner.close()


def serial_line(port: str, baud: int, escaped: bool) -> Transport:
    """The line to a board on a serial port. Raises `TransportError`."""
    line = SerialTransport(port, baud)
    return EscapedTransport(line) if escaped else line
