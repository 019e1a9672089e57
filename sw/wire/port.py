"""A board on a pseudo terminal: a port that any program can open, and that outlives the hosts that do, as a USB cable does."""

import contextlib
import os
import select
import threading

from sw.host.error import TransportError
from sw.host.transport import Transport

try:
    import pty
    import tty
except ImportError:  # Windows
    pty = tty = None

POLL = 0.002
CHUNK = 65536


class Port:
    """A context manager; `name` is the port's. What arrives there goes to `board`, a `Transport`, and its answers come back.

    Raises `TransportError` where the system has no pseudo terminals.
    """

    def __init__(self, board: Transport) -> None:
        if pty is None or tty is None:
            raise TransportError("this system has no pseudo terminals for a port: choose the board compiled instead")
        self.board = board
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._slave)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def serves(self) -> bool:
        """Whether the board is still there."""
        return self._thread.is_alive()

    def _serve(self) -> None:
        waiting = b""
        with contextlib.suppress(TransportError):
            while not self._stopped.is_set():
                readable, _, _ = select.select([self._master], [], [], 0 if waiting else POLL)
                if readable:
                    self.board.write(os.read(self._master, CHUNK))
                waiting += self.board.read(CHUNK, 0)
                if waiting:
                    with contextlib.suppress(BlockingIOError):
                        waiting = waiting[os.write(self._master, waiting) :]

    def __enter__(self) -> "Port":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._thread.join(10)
        os.close(self._master)
        os.close(self._slave)
