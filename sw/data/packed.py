"""Images in whole bytes, as the link and the sample memory carry them: pixel i is bit i % 8 of byte i // 8."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def packed(pixels: Bytes) -> Bytes:
    """Of pixels, 0 or 1, of shape (n, n_0): bytes of shape (n, ceil(n_0 / 8)), the spare bits zero."""
    return np.packbits(pixels.astype(np.uint8), axis=1, bitorder="little")


def unpacked(images: Bytes, inputs: int) -> Bytes:
    """The inverse, of images of `inputs` pixels."""
    return np.unpackbits(images, axis=1, count=inputs, bitorder="little")
