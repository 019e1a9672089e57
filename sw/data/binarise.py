"""From grey-scale images to the pixel bits of the network: a threshold, and a permutation for each task.

Contract, clause 3: an on pixel is a valid input of sign +1, an off pixel contributes nothing and learns nothing.
"""

import numpy as np
from numpy.typing import NDArray

from sw.data.error import DataError
from sw.data.idx import Bytes

DEFAULT_THRESHOLD = 127


def binarise(images: Bytes, threshold: int = DEFAULT_THRESHOLD) -> Bytes:
    """Pixel bits, uint8 0 or 1 of shape (n, pixels): 1 where the pixel is above `threshold` (0…255).

    `images` is uint8 of shape (n, height, width) or (n, pixels).
    """
    if images.dtype != np.uint8 or images.ndim not in (2, 3):
        raise DataError(
            f"images are {images.dtype} of shape {images.shape}, expected uint8 of shape (n, height, width) or "
            "(n, pixels); give grey-scale images"
        )
    if not 0 <= threshold <= 255:
        raise DataError(f"the threshold is {threshold}, expected 0 to 255; give one of those")
    return (images.reshape(len(images), -1) > threshold).astype(np.uint8)


def permutation(pixels: int, seed: int) -> NDArray[np.int64]:
    """The pixel order of a task: network pixel i is image pixel p[i]. A permutation of 0…pixels-1, seed >= 0."""
    return seeded(seed, "permutation").permutation(pixels)


def permute(bits: Bytes, seed: int | None) -> Bytes:
    """`bits` of shape (n, pixels) with the pixels of every image in the order of `permutation`; None: as they are."""
    if seed is None:
        return bits
    return np.take(bits, permutation(bits.shape[1], seed), axis=1)


def seeded(seed: int, what: str) -> np.random.Generator:
    """NumPy's default generator for `seed` >= 0; raises `DataError` that names `what` for a negative one."""
    if seed < 0:
        raise DataError(f"the seed of the {what} is {seed}, expected 0 or more; give one of those")
    return np.random.default_rng(seed)
