"""Progress of a pass: accuracy so far and of late, rate, time left; a bar on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections import deque
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from sw.host.learning_device import Labels, Predictions
from sw.terminal.speech import say

WINDOW = 1000
LINE_EVERY = 10.0  # seconds between two plain lines


class Progress:
    """A context manager; `advance` after each batch. Everything is written to standard error.

    Parameters: `what` is being done, `total` samples.
    Members: `done` samples, `correct` ones among them, `seconds` since it began.
    """

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total = what, total
        self.done = self.correct = 0
        self._recent: deque[tuple[int, int]] = deque()
        self._began = time.monotonic()
        self._last_line = self._began
        console = Console(stderr=True)
        self._bar = None
        if console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[figures]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=console,
            )
            self._task = self._bar.add_task(what, total=total, figures="")

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    @property
    def accuracy(self) -> float | None:
        """Of all samples so far; None before the first."""
        return self.correct / self.done if self.done else None

    def score(self, predictions: Predictions, labels: Labels) -> None:
        """The next `predictions` are there; `labels` are those of all samples."""
        truth = labels[self.done : self.done + len(predictions)]
        self.advance(len(predictions), int((predictions == truth).sum()))

    def advance(self, samples: int, correct: int) -> None:
        """`samples` more are done, `correct` of them predicted rightly."""
        self.done += samples
        self.correct += correct
        self._recent.append((samples, correct))
        while sum(count for count, _ in self._recent) - self._recent[0][0] >= WINDOW:
            self._recent.popleft()
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, figures=self._figures())
        elif time.monotonic() - self._last_line >= LINE_EVERY:
            self._last_line = time.monotonic()
            left = (self.total - self.done) * self.seconds / max(1, self.done)
            say(f"{self.what}: {self.done}/{self.total}  {self._figures()}  {left:.0f} s left")

    def _figures(self) -> str:
        recent = sum(count for count, _ in self._recent)
        lately = sum(correct for _, correct in self._recent) / max(1, recent)
        return f"accuracy {self.accuracy or 0:.1%}, last {recent} {lately:.1%}, {self.done / self.seconds:.0f}/s"

    def __enter__(self) -> Self:
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError):  # a terminal that has closed
                self._bar.stop()
