"""The digits that a page plays: the 10,000 test images of MNIST, of which the last 500 are never learned, only looked at.

They are read in half a second; the 60,000 images for training would take three, and a page needs no more than these.
"""

from functools import cache

from sw.data import mnist
from sw.data.idx import Bytes

PIXELS = 28 * 28
NAMES = tuple(map(str, range(10)))
LOOKED_AT = 500


@cache
def _all() -> tuple[Bytes, Bytes]:
    return mnist.load_packed("test")


def to_learn() -> tuple[Bytes, Bytes]:
    """Pixel bits, uint8 of shape (9500, 784), and labels, uint8 of shape (9500,)."""
    pixels, labels = _all()
    return pixels[:-LOOKED_AT], labels[:-LOOKED_AT]


def to_look_at(count: int = LOOKED_AT) -> tuple[Bytes, Bytes]:
    """The same of the first `count` of the others."""
    pixels, labels = _all()
    first = len(pixels) - LOOKED_AT
    return pixels[first : first + count], labels[first : first + count]
