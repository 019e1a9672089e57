"""One pass on a device with everything that is known of it afterwards; and the same pass on the twin, compared."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sw.host import known_boards, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ, predictions_differ
from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions
from sw.terminal.progress import Progress
from sw.terminal.speech import say

CYCLES = "cycles_"
IDLE = "cycles_starved"  # the engine waits for the link: not a cost of learning


def since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What was counted between two looks at the counters."""
    return {name: count - before[name] for name, count in after.items()}


def working(counted: Mapping[str, int]) -> dict[str, int]:
    """Cycles of the array by term, of what was counted: without the wait for samples."""
    return {name.removeprefix(CYCLES): n for name, n in counted.items() if name.startswith(CYCLES) and name != IDLE}


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What a device predicted before it learned each sample, how long it took, and what it counted meanwhile."""

    predictions: Predictions
    seconds: float
    counters: dict[str, int]

    @property
    def samples(self) -> int:
        """Training samples."""
        return len(self.predictions)

    @property
    def samples_per_second(self) -> float:
        """Through host and link."""
        return self.samples / self.seconds

    def cycles(self) -> dict[str, float]:
        """Cycles per sample by term; empty for a device that has no clock."""
        return {name: n / self.samples for name, n in self.counters.items() if name.startswith(CYCLES)}

    @property
    def cycles_per_sample(self) -> float | None:
        """All terms but the wait for the link; None without a clock."""
        terms = self.cycles()
        return sum(n for name, n in terms.items() if name != IDLE) if terms else None


def learn(device: LearningDevice, start: Checkpoint, pixels: Bits, labels: Labels, what: str) -> Pass:
    """Put `start` on the device and train it on all samples, in order."""
    start.put_on(device)
    return _counted(device, streaming.train(device, pixels, labels), labels, what)


def learn_from_memory(device: LearningDevice, start: Checkpoint, pixels: Bits, labels: Labels, what: str) -> Pass:
    """The same out of the sample memory of a device, which does not keep its array waiting; where it has none, `learn`."""
    start.put_on(device)
    memory = device.memory
    if memory is None:
        return learn(device, start, pixels, labels, what)
    say(f"{what}: {len(pixels)} samples go to the sample memory first")
    memory.store(pixels, labels)
    return _counted(device, memory.recite(0, len(pixels)), labels, what)


def _counted(device: LearningDevice, batches: Iterator[Predictions], labels: Labels, what: str) -> Pass:
    """The pass that gives the predictions in `batches`."""
    before = device.counters()
    predictions = []
    with Progress(what, len(labels)) as progress:
        began = time.monotonic()
        for batch in batches:
            predictions.append(batch)
            progress.score(batch, labels)
        seconds = time.monotonic() - began
    counted = since(before, device.counters())
    return Pass(predictions=np.concatenate(predictions), seconds=seconds, counters=counted)


def infer(device: LearningDevice, pixels: Bits, labels: Labels, what: str) -> Predictions:
    """The predictions of all samples, without learning."""
    predictions = []
    with Progress(what, len(pixels)) as progress:
        for batch in streaming.infer(device, pixels):
            predictions.append(batch)
            progress.score(batch, labels)
    return np.concatenate(predictions)


def difference_from_twin(
    device: LearningDevice,
    done: Pass,
    start: Checkpoint,
    pixels: Bits,
    labels: Labels,
    report: Callable[[str], None],
) -> str | None:
    """Feed the twin what the device was fed (`done`) and compare; the first difference, or None.

    Compared: every prediction, then every hidden weight, the random word, the sample count and the counts of learned samples
    and draws, read from the device.
    """
    with known_boards.find("twin").open(report) as twin:
        twins = learn(twin, start, pixels, labels, "comparing with the twin")
        return predictions_differ(done.predictions, twins.predictions) or devices_differ(device, twin)
