"""The order in which samples reach the network: each once, or all of them again and again."""

import numpy as np
from numpy.typing import NDArray

from sw.data.binarise import seeded
from sw.data.error import DataError


def sample_order(
    length: int, *, samples: int | None = None, skip: int = 0, shuffle: int | None = None, epochs: int = 1
) -> NDArray[np.int64]:
    """Indices into a file of `length` samples, int64 of shape (samples,).

    The stream is the file in its own order, or in the order `default_rng(shuffle).permutation(length)`, `epochs` times. Its
    first `skip` samples are left out; `samples` of the rest are taken, all of them without a number.
    Raises `DataError` where more is asked than is left.
    """
    for name, value in (("number of samples", samples), ("number of samples to skip", skip)):
        if value is not None and value < 0:
            raise DataError(f"the {name} is {value}, expected 0 or more; give one of those")
    if epochs < 1:
        raise DataError(f"the number of epochs is {epochs}, expected 1 or more; give one of those")
    if skip > length * epochs:
        raise DataError(f"{skip} samples are to be skipped, expected at most {length * epochs}, all there are; skip fewer")
    left = length * epochs - skip
    taken = left if samples is None else samples
    if taken > left:
        raise DataError(f"{taken} samples are asked for, expected at most {left}, all that are left; ask for fewer")
    order = np.arange(length) if shuffle is None else seeded(shuffle, "sample order").permutation(length)
    return np.tile(order, epochs)[skip : skip + taken]
