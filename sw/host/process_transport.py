"""A board that is a program: the bytes of the link on its standard input and output (the simulated board)."""

import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from sw.host.error import TransportError

CHUNK = 65536
GRACE = 2.0  # seconds for the program to end after its input has been closed
LAST_LINES = 3
MOST_COMPLAINTS = 65536  # bytes of its standard error that are looked at
MOST_ARRIVED = 1 << 24  # bytes that are kept while it does not take what is written


def _scratch() -> IO[bytes]:
    """A file without a name: where there is no folder for temporary files, in memory. Raises `TransportError`."""
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        if not hasattr(os, "memfd_create"):
            raise TransportError(f"there is no folder for temporary files ({error.strerror}): let TMPDIR name one") from error
        return os.fdopen(os.memfd_create("complaints"), "w+b")


class ProcessTransport:
    """A `Transport` over a child process.

    Both pipes are non-blocking and served together: while `write` waits for room it takes in what the child sends, so
    that two full pipes never wait for each other. The child runs in a session of its own, so that Ctrl-C in the
    terminal reaches this program alone, which then finishes its batch. It must end when its standard input is closed.

    Raises `TransportError` where the system has no such pipes (Windows), when it cannot be started, and when it has ended, with
    the last lines of its standard error.
    """

    reopens = False  # a board that has ended has forgotten everything

    def __init__(self, command: Sequence[str]) -> None:
        if not hasattr(os, "fork"):
            raise TransportError("a simulated board needs pipes as POSIX has them: choose the board compiled")
        self.command = list(command)
        self._complaints = _scratch()
        self._arrived = bytearray()
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            self._complaints.close()
            raise TransportError(f"{self.command[0]} cannot be started: {error.strerror}") from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send all of `data`, taking in what arrives meanwhile."""
        left = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._to, selectors.EVENT_WRITE)
            selector.register(self._from, selectors.EVENT_READ)
            while left:
                ready = {key.fd for key, _ in selector.select()}
                if self._from in ready:
                    self._take()
                if self._to in ready:
                    try:
                        left = left[os.write(self._to, left[:CHUNK]) :]
                    except BlockingIOError:
                        continue
                    except BrokenPipeError:
                        raise self._ended() from None

    def read(self, at_most: int, timeout: float) -> bytes:
        """1 to `at_most` bytes, or b"" after `timeout` seconds."""
        if not self._arrived:
            with selectors.DefaultSelector() as selector:
                selector.register(self._from, selectors.EVENT_READ)
                if selector.select(max(timeout, 0)):
                    self._take()
        data = bytes(self._arrived[:at_most])
        del self._arrived[:at_most]
        return data

    def reopen(self) -> None:
        """Raises `TransportError`: the program has ended."""
        raise self._ended()

    def close(self) -> None:
        """Close the child's input and wait for its end; a child that stays is killed."""
        if self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        deadline = time.monotonic() + GRACE
        while self._process.poll() is None and time.monotonic() < deadline:
            # A child that is still sending must find room before it can see the end of its input.
            with selectors.DefaultSelector() as selector:
                selector.register(self._from, selectors.EVENT_READ)
                if selector.select(0.01) and not os.read(self._from, CHUNK):
                    time.sleep(0.005)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._complaints.close()

    def _take(self) -> None:
        """Move what the child has sent into memory. Raises when it has closed its output."""
        try:
            data = os.read(self._from, CHUNK)
        except BlockingIOError:
            return
        if not data:
            raise self._ended()
        self._arrived += data
        if len(self._arrived) > MOST_ARRIVED:
            raise TransportError(f"{self.command[0]} sends without end and takes nothing")

    def _ended(self) -> TransportError:
        """The error that says how the child ended, with what it said last."""
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return TransportError(f"{self.command[0]} has closed its output")
        self._complaints.seek(max(0, self._complaints.seek(0, os.SEEK_END) - MOST_COMPLAINTS))
        lines = self._complaints.read().decode(errors="replace").split("\n")
        said = " / ".join([line.strip() for line in lines if line.strip()][-LAST_LINES:])
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return TransportError(f"the simulated board has ended with {how}{f': {said}' if said else ''}")
