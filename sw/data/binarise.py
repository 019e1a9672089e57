"""From grey-scale images to the pixel bits of the network: a threshold or several, and a permutation for each task.

Contract, clause 3: an on pixel is a valid input of sign +1, an off pixel contributes nothing and learns nothing.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import shown
from sw.data.error import DataError
from sw.data.idx import Bytes

DEFAULT_THRESHOLD = 127


def binarise(images: Bytes, *thresholds: int) -> Bytes:
    """Pixel bits, uint8 0 or 1 of shape (n, pixels): 1 where the pixel is above its threshold (0…255, 127 by default).

    Of several thresholds the pixels, row by row, take one after the other and begin anew: a halftone, which keeps grey
    levels as the density of bits. `images` is uint8 of shape (n, height, width) or (n, pixels).
    """
    thresholds = thresholds or (DEFAULT_THRESHOLD,)
    if images.dtype != np.uint8 or images.ndim not in (2, 3):
        raise DataError(
            f"images are {images.dtype} of shape {images.shape}, expected uint8 of shape (n, height, width) or "
            "(n, pixels); give grey-scale images"
        )
    for threshold in thresholds:
        if not 0 <= threshold <= 255:
            raise DataError(f"the threshold is {shown(threshold)}, expected 0 to 255; give one of those")
    flat = images.reshape(len(images), -1)
    return (flat > np.resize(np.array(thresholds, dtype=np.uint8), flat.shape[1])).astype(np.uint8)


def scale_fault(images: Bytes, bits: Bytes, thresholds: tuple[int, ...]) -> str | None:
    """What is wrong where no pixel or every pixel of `bits`, made from `images`, is on: their scale is another one than that of
    the threshold, and there is nothing to learn from. None where nothing is."""
    told = f"threshold {', '.join(map(str, thresholds))}"
    if bits.size and not bits.any():
        return f"has no pixel that is on: brightest pixel is {images.max()}, {told}; give a lower threshold"
    if bits.size and bits.all():
        return f"has no pixel that is off: darkest pixel is {images.min()}, {told}; give a higher threshold"
    return None


def bits_of_file(images: Bytes, thresholds: tuple[int, ...], name: str | Path) -> Bytes:
    """`binarise` for the images of the file `name`. Raises `DataError` for `scale_fault`."""
    bits = binarise(images, *thresholds)
    fault = scale_fault(images, bits, thresholds)
    if fault is not None:
        raise DataError(f"{name} {fault}")
    return bits


def parse_thresholds(text: str) -> tuple[int, ...]:
    """The thresholds of `binarise` from "127" or "5,60,140". Raises `DataError`."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise DataError(f"the threshold is {shown(text)}, expected 0 to 255, or several as in 5,60,140") from error


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
