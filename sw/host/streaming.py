"""Samples through a device in batches: between two batches there is time to show progress, and to stop."""

from collections.abc import Callable, Iterator

from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions

BATCH = 100  # half a second of the simulated board: Ctrl-C is answered within it


def train(
    device: LearningDevice, pixels: Bits, labels: Labels, stop: Callable[[], bool] = lambda: False
) -> Iterator[Predictions]:
    """The predictions of one batch after another; ends early, between two batches, once `stop()` is true.

    Some batches are ahead of the predictions: what has been sent when `stop()` comes true is learned and given. So the
    generator must be exhausted before the device is asked anything else.
    """

    def batches() -> Iterator[tuple[Bits, Labels]]:
        for first in range(0, len(pixels), BATCH):
            if stop():
                return
            part = slice(first, first + BATCH)
            yield pixels[part], labels[part]

    return device.stream(batches())


def infer(device: LearningDevice, pixels: Bits, stop: Callable[[], bool] = lambda: False) -> Iterator[Predictions]:
    """The predictions of one batch after another, without learning; ends early once `stop()` is true."""
    for first in range(0, len(pixels), BATCH):
        if stop():
            return
        yield device.infer(pixels[first : first + BATCH])
