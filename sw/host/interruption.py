"""Signals that ask a program to end, as a question between two batches, so that what was learned can be saved.

Ctrl-C, SIGTERM, a terminal that closes (SIGHUP), a limit of processor time (SIGXCPU), and what batch systems send before
they kill (SIGUSR1, SIGUSR2); on Windows, which lacks four of them, Ctrl-Break. Left alone: SIGQUIT, which asks for an end at
once; SIGTSTP and SIGCONT, after which a pass goes on; every signal that whoever started the program has it ignore (nohup,
`trap ''`); and one with a handler that Python could not restore, of a program that Python is embedded in.
"""

import ctypes
import signal
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any, Self

# A second one of these acts at once. The others come twice by themselves: a shell passes on the SIGHUP of its terminal,
# the kernel sends SIGXCPU every second.
AT_ONCE = (signal.SIGINT, signal.SIGTERM)
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGBREAK")
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
EXIT_STATUS = 128  # and the number of the signal, as a shell tells it: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP

LARGEST_SIGACTION = 1024  # bytes; glibc's struct has 152


def _found(name: str) -> Any:
    """A function of the system's C library, or None on Windows, where Python's handlers are all there is."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (TypeError, OSError, AttributeError):
        return None


_sigaction = _found("sigaction")
_signal = _found("signal")
if _signal is not None:
    _signal.argtypes, _signal.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """A pass ended early at a person's wish. The message says what was saved and how to go on.

    Members: `status`, the exit status that tells which signal it was.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = EXIT_STATUS + number


class Interruption:
    """A context manager. Within it the first signal sets `asked`; a second Ctrl-C or SIGTERM acts as it did before.

    Members: `number` of the signal that came first, or None. In another thread than the main one, to which Python gives
    signals, nothing is changed and none is seen. Handlers are as they were afterwards, those in C too.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, tuple[Any, Any]] = {}

    def asked(self) -> bool:
        """Whether a signal has come."""
        return self.number is not None

    def __enter__(self) -> Self:
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if handler in (None, signal.SIG_IGN):
                continue
            # A library may have put a handler of its own below Python's, which Python does not know of.
            below = ctypes.create_string_buffer(LARGEST_SIGACTION)
            if _sigaction is not None:
                _sigaction(number, None, below)
            try:
                signal.signal(number, self._note)
            except ValueError:  # not the main thread
                break
            self._before[number] = handler, below
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._restore(list(self._before))

    def _note(self, number: int, frame: FrameType | None) -> None:
        # What comes again and again calls this within itself, until Python's stack ends. `signal.signal` looks for signals
        # before it changes anything, so the C library is asked.
        for other in SIGNALS:
            if _signal is not None and other in self._before and other not in AT_ONCE:
                _signal(other, int(signal.SIG_IGN))
        self.number = self.number or number
        self._restore(AT_ONCE)

    def _restore(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            before = self._before.pop(number, None)  # one step, for a signal may come between two
            if before is not None:
                handler, below = before
                signal.signal(number, handler)
                if _sigaction is not None:
                    _sigaction(number, below, None)
