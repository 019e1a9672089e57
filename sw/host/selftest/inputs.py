"""The input memories: every pixel, alone, is seen by the synapses of its own column.

The network has one layer, so a prediction is the row with the most matches. With a single pixel on, the sum of a row is the
binary weight of that pixel's column: +1 in the one row whose number is a digit of the column's number, -1 in all others. The
prediction reads that digit; as many sets of weights as the number has digits read all of it. No pixel at all makes all sums
0, and the lowest row, which stands for no digit, is predicted.
"""

import numpy as np
from numpy.typing import NDArray

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import Device
from sw.host.selftest.places import place

LEAST_ROWS = 3  # two digits, and the row of no digit
MOST_DIGITS = 32
STRENGTH = 100  # of the hidden weights, so that a bit that flips is no step across zero


def fault(device: Device, geometry: Geometry) -> str | None:
    """The first pixel that is not seen where it should be, in words, or None."""
    base = min(geometry.rows - 1, MOST_DIGITS)
    device.configure(Network.of(layers=(geometry.columns, base + 1)))
    for weight in _weights_of_digits(geometry.columns, base):
        digits = np.arange(geometry.columns) // weight % base
        rows = np.full((base + 1, geometry.columns), -STRENGTH, np.int8)
        rows[1 + digits, np.arange(geometry.columns)] = STRENGTH
        device.write_weights([rows])
        predicted, right = device.infer(_images(geometry.columns)), np.concatenate([[0, 0], np.repeat(1 + digits, 2)])
        wrong = np.flatnonzero(predicted != right)
        if len(wrong):
            return _in_words(geometry, int(wrong[0]), int(predicted[wrong[0]]), int(right[wrong[0]]), len(wrong), len(right))
    return None


def _weights_of_digits(columns: int, base: int) -> list[int]:
    """1, base, base², … as long as a column's number has such a digit."""
    weights = [1]
    while weights[-1] * base < columns:
        weights.append(weights[-1] * base)
    return weights


def _images(columns: int) -> NDArray[np.uint8]:
    """A dark image, then one for each pixel, each twice: the board keeps the pixels of two samples, in turn."""
    return np.repeat(np.concatenate([np.zeros((1, columns), np.uint8), np.eye(columns, dtype=np.uint8)]), 2, axis=0)


def _in_words(geometry: Geometry, image: int, predicted: int, right: int, wrong: int, images: int) -> str:
    differ = f"({wrong} of {images} images differ)"
    which = "first" if image % 2 == 0 else "second"
    if image < 2:
        return f"a dark image, shown the {which} time, is predicted {predicted}, expected 0: some pixel is always on {differ}"
    column = image // 2 - 1
    arrives = "does not arrive" if predicted == 0 else "arrives somewhere else too, or is taken for another"
    return (
        f"pixel {column} ({place(geometry, column)}) alone, shown the {which} time, is predicted {predicted}, "
        f"expected {right}: it {arrives} {differ}"
    )
