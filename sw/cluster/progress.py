"""Progress over the parts of a work: a bar on a terminal, a line a part elsewhere, on standard error."""

import contextlib
import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class PartsProgress:
    """A context manager; `finished` after each of `total` parts of `what`."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._began = time.monotonic()
        console = Console(stderr=True)
        self._bar = None
        if console.is_terminal:
            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
            self._bar = Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console)
            self._task = self._bar.add_task(what, total=total)

    def finished(self, name: str) -> None:
        """One more part is done, or has failed."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, description=f"{self._what}: {name}")
            return
        left = (self._total - self._done) * (time.monotonic() - self._began) / self._done
        with contextlib.suppress(OSError, ValueError):  # whoever read it has gone away
            print(f"{self._what}: {self._done} of {self._total}, {name}; {left:.0f} s left", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError):  # a terminal that has closed
                self._bar.stop()
