"""A board on a serial port, or on anything that pyserial has a URL for (socket://, rfc2217://)."""

import contextlib
import errno
import os
import select
import time
from urllib.parse import urlsplit

import serial

from sw.host.error import TransportError
from sw.host.invocation import program
from sw.host.ports import found_again, identity

try:
    import fcntl
except ImportError:  # Windows opens a port for one program by itself
    fcntl = None

WRITE_TIMEOUT = 10.0
SCHEMES = ("socket", "rfc2217")  # of pyserial's, which also has some that listen, search or do not work
URLS = "socket://host:port and rfc2217://host:port"
LOOK = 0.002  # seconds between two looks at a port that cannot be waited for
KNOWN = {
    errno.EACCES: "permission denied (on Debian and Ubuntu, add yourself to the group dialout)",
    errno.EAGAIN: "another program uses it",
    errno.EBUSY: "another program uses it",
    errno.EIO: "the other side is gone",
}


class SerialTransport:
    """A `Transport` over `serial.serial_for_url`.

    Parameters: `port` a device name or pyserial URL; `baud` in bits per second.
    A device is locked (flock) while it is open: a second host is refused. Whoever serves a URL says who may use it.
    A chip with a serial number is opened again under the name that it then has, and never another one under the old name.
    Raises `TransportError` when the port is missing, busy or not allowed, and when it goes away later.
    """

    reopens = True

    def __init__(self, port: str, baud: int) -> None:
        self.port, self.baud = port, baud
        self._process = os.getpid()
        self._open()
        self._identity = identity(port)

    def reopen(self) -> None:
        """Open the port again, once it is there again."""
        self.close()
        if self._identity is not None:
            self.port = found_again(self._identity, self.port)
        self._open()

    def _open(self) -> None:
        # Nothing is waited for in pyserial, whose time limits are settings of the port that take a while to change.
        settings = {"baudrate": self.baud, "timeout": 0, "exclusive": True}
        scheme, is_url, _ = self.port.lower().partition("://")
        if is_url and (scheme not in SCHEMES or _port_number(self.port) is None):
            raise TransportError(f"port {self.port} cannot be opened: of URLs only {URLS} are supported")
        if scheme != "rfc2217":  # pyserial has no such limit there: its socket gives up after 5 seconds
            settings["write_timeout"] = WRITE_TIMEOUT
        try:
            self._serial = serial.serial_for_url(self.port, **settings)
        except (serial.SerialException, ValueError, OSError) as error:
            raise TransportError(f"port {self.port} cannot be opened: {_reason(error)}") from error
        self._descriptor = _descriptor(self._serial)
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
            data, until = self._take(at_most), time.monotonic() + timeout
            while not data and (left := until - time.monotonic()) > 0:
                if self._descriptor is None:
                    time.sleep(min(left, LOOK))
                else:
                    select.select([self._descriptor], [], [], left)
                data = self._take(at_most)
            return data
        except (serial.SerialException, OSError) as error:
            raise TransportError(f"port {self.port} is gone: {_reason(error)}") from error

    def _take(self, at_most: int) -> bytes:
        """What is there. Where pyserial keeps the bytes itself it gives one at a time."""
        data = self._serial.read(at_most)
        while self._descriptor is None and len(data) < at_most and self._serial.in_waiting:
            data += self._serial.read(at_most - len(data))
        return data

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(serial.SerialException, OSError, ValueError):
            # A process that was forked off meanwhile would keep the lock.
            if fcntl is not None and os.getpid() == self._process:
                fcntl.flock(self._serial.fileno(), fcntl.LOCK_UN)
        connection = getattr(self._serial, "_socket", None)  # pyserial leaves it open where the other side has gone
        with contextlib.suppress(serial.SerialException, OSError):
            self._serial.close()
        if connection is not None:
            connection.close()


def _port_number(url: str) -> int | None:
    """The number after the host, or None where there is none that can be."""
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _descriptor(port: serial.SerialBase) -> int | None:
    """What `select` waits for, or None: behind rfc2217:// is a queue."""
    try:
        return port.fileno()
    except OSError:  # io.UnsupportedOperation
        return None


def _reason(error: Exception) -> str:
    """One short clause for an error of pyserial or the system."""
    number: int = getattr(error, "errno", None) or 0
    if number == errno.ENOENT:
        return f"there is no such port (`{program()} doctor` lists those there are, and boards that lost theirs)"
    if isinstance(error, serial.SerialTimeoutException):
        return "the other side reads nothing"
    return KNOWN.get(number) or " ".join(str(error).split()) or type(error).__name__
