"""One pass of training that leaves checkpoints: at its end, at a person's wish, and every so often in between."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sw.host import streaming
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError, LinkError
from sw.host.learning_device import Bits, Labels, LearningDevice
from sw.host.progress import Progress

LONGEST_COUNT = 2**64


@dataclass(frozen=True, kw_only=True)
class Often:
    """How often a checkpoint is written during a pass: every so many samples, every so many minutes, or both.

    Raises `InputError` for a number that is not above 0.
    """

    samples: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("--checkpoint-every", self.samples), ("--checkpoint-minutes", self.minutes)):
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"{name} is {value:g}, expected more than 0: leave it away for a checkpoint at the end alone")


class Training:
    """A pass that begins with the state `start`, already on `device`, and writes its checkpoints to `path`.

    Members: `saved`, the samples of this pass that the last checkpoint holds, None before the first; `end`, the state
    in it; `seconds` of the pass, without the checkpoint at its end.
    """

    def __init__(self, device: LearningDevice, start: Checkpoint, path: Path, often: Often) -> None:
        self.device, self.start, self.path, self.often = device, start, path, often
        self.saved: int | None = None
        self.end = start
        self.seconds = 0.0
        self._last = time.monotonic()

    def run(self, pixels: Bits, labels: Labels, progress: Progress, stop: Callable[[], bool]) -> None:
        """Learn every sample, in order, or those up to the batch in which `stop()` comes true; save.

        Raises `HostError` with the last checkpoint as it was.
        """
        self._last = time.monotonic()
        for predictions in streaming.train(self.device, pixels, labels, stop, cut=self.often.samples):
            truth = labels[progress.done : progress.done + len(predictions)]
            progress.advance(len(predictions), int((predictions == truth).sum()))
            if self._is_due(progress.done) and progress.done < len(pixels):
                self.save(progress.done)
        self.seconds = progress.seconds
        self.save(progress.done)

    def save(self, done: int) -> None:
        """Read the state back and write it. A board that has counted other samples than it was sent is not saved."""
        if self.saved == done:
            return
        state = Checkpoint.of(self.device, self.start.network)
        expected = (self.start.samples + done) % LONGEST_COUNT
        if state.samples != expected:
            raise LinkError(
                f"the board has counted {state.samples} training samples, expected {expected}: it has lost some or learned "
                "some twice, what it has learned was not saved"
            )
        state.save(self.path)
        self.saved, self.end, self._last = done, state, time.monotonic()

    def _is_due(self, done: int) -> bool:
        by_samples = self.often.samples is not None and done % self.often.samples == 0
        by_time = self.often.minutes is not None and time.monotonic() - self._last >= 60 * self.often.minutes
        return by_samples or by_time
