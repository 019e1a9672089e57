"""Ctrl-C and SIGTERM as a question that is asked between two batches, so that what was learned can be saved."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_STATUS = 128  # and the number of the signal, as a shell tells it: 130 after Ctrl-C, 143 after SIGTERM


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """A pass ended early at a person's wish. The message says what was saved and how to go on.

    Members: `status`, the exit status that tells which signal it was.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = EXIT_STATUS + number


class Interruption:
    """A context manager. Within it the first signal sets `asked`; a second one acts as it did before.

    Members: `number` of the signal that came, or None. Only in the main thread, as Python's signals are.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether a signal has come."""
        return self.number is not None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
