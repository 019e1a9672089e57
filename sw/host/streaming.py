"""Samples through a device in batches: between two batches there is time to show progress, and to stop."""

from collections.abc import Callable, Iterator

from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions

BATCH = 100  # half a second of the simulated board: Ctrl-C is answered within it


def train(
    device: LearningDevice,
    pixels: Bits,
    labels: Labels,
    stop: Callable[[], bool] = lambda: False,
    cut: int | None = None,
) -> Iterator[Predictions]:
    """The predictions of one batch after another; ends early, between two batches, once `stop()` is true.

    Every multiple of `cut` samples is the end of a batch.
    """
    first = 0
    while first < len(pixels) and not stop():
        length = BATCH if cut is None else min(BATCH, cut - first % cut)
        part = slice(first, first + length)
        yield device.train(pixels[part], labels[part])
        first += length


def infer(device: LearningDevice, pixels: Bits, stop: Callable[[], bool] = lambda: False) -> Iterator[Predictions]:
    """The predictions of one batch after another, without learning; ends early once `stop()` is true."""
    for first in range(0, len(pixels), BATCH):
        if stop():
            return
        yield device.infer(pixels[first : first + BATCH])
