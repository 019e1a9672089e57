"""Samples through a device in batches: between two batches there is time to show progress, and to stop."""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sw.data.reservoir import Rehearser
from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions

BATCH = 100  # half a second of the simulated board: Ctrl-C is answered within it


def train(
    device: LearningDevice,
    pixels: Bits,
    labels: Labels,
    stop: Callable[[], bool] = lambda: False,
    size: int | None = None,
    rehearser: Rehearser | None = None,
) -> Iterator[Predictions]:
    """The predictions of one batch after another, of `size` samples (None: as suits the device).

    Ends early, between two batches, once `stop()` is true.

    Some batches are ahead of the predictions: what has been sent when `stop()` comes true is learned and given. So the
    generator must be exhausted before the device is asked anything else. With a `rehearser` the device learns what that one
    makes of a batch; only the predictions of the samples themselves are given.
    """
    is_new: deque[NDArray[np.bool_] | slice] = deque()  # of the batches in flight
    step = size or _batch(device)

    def batches() -> Iterator[tuple[Bits, Labels]]:
        for first in range(0, len(pixels), step):
            if stop():
                return
            batch = pixels[first : first + step], labels[first : first + step]
            if rehearser is None:
                is_new.append(slice(None))
                yield batch
            else:
                learned, classes, new = rehearser.expand(*batch)
                is_new.append(new)
                yield learned, classes

    for predictions in device.stream(batches()):
        yield predictions[is_new.popleft()]


def infer(device: LearningDevice, pixels: Bits, stop: Callable[[], bool] = lambda: False) -> Iterator[Predictions]:
    """The predictions of one batch after another, without learning; ends early once `stop()` is true."""
    size = _batch(device)
    for first in range(0, len(pixels), size):
        if stop():
            return
        yield device.infer(pixels[first : first + size])


def _batch(device: LearningDevice) -> int:
    """Samples of a batch: `BATCH`, or what a device says that takes so many in no more time."""
    return getattr(device, "batch", BATCH)
