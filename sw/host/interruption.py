"""Ctrl-C and SIGTERM as a question that is asked between two batches, so that what was learned can be saved."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_STATUS = 130


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """A pass ended early at a person's wish. The message says what was saved and how to go on."""


class Interruption:
    """A context manager. Within it the first signal sets `asked`; a second one acts as it did before.

    Only in the main thread, as Python's signals are.
    """

    def __init__(self) -> None:
        self._signalled = False
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether a signal has come."""
        return self._signalled

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
