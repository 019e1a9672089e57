"""A board on a serial port, or on anything that pyserial has a URL for (socket://, rfc2217://, loop://)."""

import contextlib
import errno
import fcntl
import os

import serial

from sw.host.error import TransportError

WRITE_TIMEOUT = 10.0
KNOWN = {
    errno.ENOENT: "there is no such port (`metaplast doctor` lists those there are)",
    errno.EACCES: "permission denied (on Debian and Ubuntu, add yourself to the group dialout)",
    errno.EAGAIN: "another program uses it",
    errno.EBUSY: "another program uses it",
    errno.EIO: "the other side is gone",
}


class SerialTransport:
    """A `Transport` over `serial.serial_for_url`.

    Parameters: `port` a device name or pyserial URL; `baud` in bits per second.
    A device is locked (flock) while it is open: a second host is refused. Whoever serves a URL says who may use it.
    Raises `TransportError` when the port is missing, busy or not allowed, and when it goes away later.
    """

    reopens = True

    def __init__(self, port: str, baud: int) -> None:
        self.port, self.baud = port, baud
        self._process = os.getpid()
        self._open()

    def reopen(self) -> None:
        """Open the port again, once it is there again."""
        self.close()
        self._open()

    def _open(self) -> None:
        port, baud = self.port, self.baud
        try:
            self._serial = serial.serial_for_url(port, baudrate=baud, write_timeout=WRITE_TIMEOUT, exclusive=True)
        except (serial.SerialException, ValueError, OSError) as error:
            raise TransportError(f"port {port} cannot be opened: {_reason(error)}") from error
        # FTDI's driver keeps short replies back for 16 ms unless asked not to, which needs no permission but that of the
        # port. Pseudo terminals, sockets and other systems have no such thing.
        with contextlib.suppress(AttributeError, NotImplementedError, ValueError, OSError):
            self._serial.set_low_latency_mode(True)
        # The BL702 of the Tang Nano 9K takes a new rate only with a request that Linux's driver for FTDI's chips sends where
        # parity, bits or stop bits change. Before any byte is sent nobody else minds; a pseudo terminal has no parity to
        # change, and says so by an error of the system's terminal library, which is of no common kind.
        if isinstance(self._serial, serial.Serial):
            with contextlib.suppress(Exception):
                self._serial.parity = serial.PARITY_EVEN
            self._serial.parity = serial.PARITY_NONE

    def write(self, data: bytes) -> None:
        """Send all of `data`. The kernel keeps what arrives meanwhile; replies are shorter than requests."""
        try:
            self._serial.write(data)
        except (serial.SerialException, OSError) as error:
            raise TransportError(f"port {self.port} does not take bytes: {_reason(error)}") from error

    def read(self, at_most: int, timeout: float) -> bytes:
        """1 to `at_most` bytes, or b"" after `timeout` seconds."""
        try:
            # Waits for one byte, then takes what is there: a read of many would wait for all of them.
            self._serial.timeout = timeout
            first = self._serial.read(1)
            if not first:
                return b""
            self._serial.timeout = 0
            return first + self._serial.read(min(at_most - 1, max(0, self._serial.in_waiting)))
        except (serial.SerialException, OSError) as error:
            raise TransportError(f"port {self.port} is gone: {_reason(error)}") from error

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(serial.SerialException, OSError, ValueError):
            if os.getpid() == self._process:  # a process that was forked off meanwhile would keep the lock
                fcntl.flock(self._serial.fileno(), fcntl.LOCK_UN)
        with contextlib.suppress(serial.SerialException, OSError):
            self._serial.close()


def _reason(error: Exception) -> str:
    """One short clause for an error of pyserial or the system."""
    number: int = getattr(error, "errno", None) or 0
    if isinstance(error, serial.SerialTimeoutException):
        return "the other side reads nothing"
    return KNOWN.get(number) or " ".join(str(error).split()) or type(error).__name__
