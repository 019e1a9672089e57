"""One call at a time: a board has one line and answers in order."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sw.host.error import BusyError


class Turns:
    """A context manager around each call: another thread waits for its turn.

    Raises `BusyError` at once where waiting would be for ever, or in vain: within a call of the same thread (a handler of a
    signal, unless it runs `between` two batches), and in a process that was forked off, which shares the line but not what
    was sent over it.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._between, self._inner = False, 0

    @property
    def is_here(self) -> bool:
        """Whether this is the process that made it."""
        return os.getpid() == self._process

    def __enter__(self) -> Self:
        if not self.is_here:
            raise BusyError("the board was opened in the process that this one was forked from: open it in one of the two")
        if self._thread == threading.get_ident():
            if self._between:
                self._inner += 1
                return self
            raise BusyError("the board is in the middle of a call: a signal's handler may set a flag, and ask the board later")
        self._lock.acquire()  # Ctrl-C ends the wait
        self._thread = threading.get_ident()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._inner:
            self._inner -= 1
            return
        self._thread = None
        self._lock.release()

    @contextmanager
    def between(self) -> Iterator[None]:
        """Within a call, where nothing is in flight: the same thread may ask the board too."""
        self._between = True
        try:
            yield
        finally:
            self._between = False
