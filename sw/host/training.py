"""One pass of training that leaves checkpoints: at its end, at a person's wish, and every so often in between."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sw.host import streaming
from sw.host.carrier import Carrier
from sw.host.checkpoint import Checkpoint
from sw.host.error import BoardResetError, InputError, LinkError, RecordError
from sw.host.learning_device import Bits, Labels, LearningDevice

LONGEST_COUNT = 2**64
MOST_RESETS = 3  # without a new checkpoint in between


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


class Progress(Protocol):
    """Who is told how a pass comes on, as `sw.terminal.progress` is. Members: `done` samples, `seconds` since it began."""

    done: int

    @property
    def seconds(self) -> float: ...

    def advance(self, samples: int, correct: int) -> None:
        """`samples` more are done, `correct` of them predicted rightly."""
        ...


class Training:
    """A pass that begins with the state `start`, already on `device`, and writes its checkpoints to `path`.

    Members: `saved`, the samples of this pass that the last checkpoint holds, None before the first; `end`, the state
    in it; `seconds` of the pass, without the checkpoint at its end; `restored`, how often a board was reset, or found a record
    damaged, and was given its last checkpoint again; `played`, the samples that the board gave itself; `counted`, by name, what
    the device has counted of the samples in `end`; `rehearsed`, how many of these
    were rehearsed (contract, clause 19): every other count of samples here is one of new ones.
    """

    def __init__(self, device: LearningDevice, start: Checkpoint, path: Path, often: Often) -> None:
        self.device, self.start, self.path, self.often = device, start, path, often
        self.saved: int | None = None
        self.end = start
        self.seconds = 0.0
        self.restored = self.played = self._in_vain = 0
        self._last = time.monotonic()
        self._counters = device.counters()
        self.counted = dict.fromkeys(self._counters, 0)
        self.rehearsed = 0
        self._carrier = Carrier(device, start.reservoir)
        self._stored = False

    @property
    def rehearsed_by(self) -> str | None:
        """Who keeps the samples that are rehearsed: "board", "host", or None where nothing is rehearsed."""
        return self._carrier.who

    def run(self, pixels: Bits, labels: Labels, progress: Progress, stop: Callable[[], bool], count: int | None = None) -> None:
        """Learn every sample, in order, or those up to the batch in which `stop()` comes true; save.

        `count` is how many; more than there are begin with the first one again. Then the samples are sent once to a board that
        has room for them in a memory of its own, and it plays them.

        A board that is reset meanwhile gets the last checkpoint again, if there is one, and learns what came after it once
        more, unless it comes no further than that. Raises `HostError` with the last checkpoint as it was.
        """
        self._last = time.monotonic()
        self._pixels, self._labels, self._count = pixels, labels, len(pixels) if count is None else count
        done: int | None = 0
        while done is not None:
            done = self._go_on(done, progress, stop)

    def _go_on(self, done: int, progress: Progress, stop: Callable[[], bool]) -> int | None:
        """Learn what comes after the first `done` samples, and save; None, or with how many to begin again after a reset."""
        try:
            while done < self._count and not stop():
                for samples, correct in self._stretch(done, self._end(done, progress), stop):
                    if done >= progress.done:  # after a reset some are learned once more
                        progress.advance(samples, correct)
                    done += samples
                if self._is_due(done) and done < self._count and not stop():
                    self.save(done)
            self.seconds = progress.seconds
            self.save(done)
        except (BoardResetError, RecordError):
            if self.saved is None or self._in_vain == MOST_RESETS:
                raise
            return self._restore()
        return None

    def save(self, done: int) -> None:
        """Read the state back and write it. A board that has counted other samples than it was sent is not saved."""
        if self.saved == done:
            return
        reservoir, rehearsed = self._carrier.state()
        state = Checkpoint.of(self.device, self.start.network, self.start.meaning, reservoir)
        expected = (self.start.samples + done + rehearsed) % LONGEST_COUNT
        if state.samples != expected:
            raise LinkError(
                f"the board has counted {state.samples} training samples, expected {expected}: it has lost some or learned "
                "some twice, what it has learned was not saved"
            )
        counters = self.device.counters()
        state.save(self.path)
        self.counted = {name: self.counted[name] + count - self._counters[name] for name, count in counters.items()}
        self._counters = counters
        self.saved, self.end, self._last = done, state, time.monotonic()
        self.rehearsed = rehearsed
        self._in_vain = 0

    def _end(self, done: int, progress: Progress) -> int:
        """Where the stretch ends that begins after `done` samples: where a checkpoint is due, the samples begin again, or those
        end that were shown before a reset."""
        ends = [self._count, done - done % len(self._pixels) + len(self._pixels)]
        if self.often.samples is not None:
            ends.append(done - done % self.often.samples + self.often.samples)
        return min(end for end in (*ends, progress.done) if end > done)

    def _is_due(self, done: int) -> bool:
        """Whether a checkpoint is to be written after `done` samples."""
        return self._is_time() or (self.often.samples is not None and done % self.often.samples == 0)

    def _stretch(self, done: int, end: int, stop: Callable[[], bool]) -> Iterator[tuple[int, int]]:
        """Of samples up to `end`, or to where it is time for a checkpoint: how many, and how many of them right."""
        looks = itertools.count()  # at least one batch between two checkpoints

        def ends() -> bool:
            return stop() or (next(looks) > 0 and self._is_time())

        first, memory = done % len(self._pixels), self.device.memory
        if memory is not None and self._count > len(self._pixels) and len(self._pixels) <= memory.room:
            if not self._stored:
                memory.store(self._pixels, self._labels)
                self._stored = True
            for stretch in memory.play(first, end - done, stop=ends):
                self.played += stretch.samples
                yield stretch
            return
        part = slice(first, first + end - done)
        labels = self._labels[part]
        done = 0
        for predictions in streaming.train(self.device, self._pixels[part], labels, ends, rehearser=self._carrier.rehearser):
            yield len(predictions), int((predictions == labels[done : done + len(predictions)]).sum())
            done += len(predictions)

    def _restore(self) -> int:
        """Give the device the last checkpoint again; how many samples of this pass are in it."""
        assert self.saved is not None
        self.device.reconnect()
        self.end.put_on(self.device)
        self._carrier = Carrier(self.device, self.end.reservoir, self.rehearsed)
        self._stored = False
        self._counters = self.device.counters()
        self._last = time.monotonic()
        self.restored += 1
        self._in_vain += 1
        return self.saved

    def _is_time(self) -> bool:
        return self.often.minutes is not None and time.monotonic() - self._last >= 60 * self.often.minutes
