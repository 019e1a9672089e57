"""Pixels, labels and weights as they come from a caller: checked before the first byte is sent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.network import Network
from sw.data.packed import packed
from sw.host.error import InputError


def check_pixels(pixels: NDArray[np.uint8], network: Network) -> None:
    """Raise `InputError` unless `pixels` are uint8 zeros and ones of shape (n, n_0)."""
    inputs = network.layers[0]
    if pixels.ndim != 2 or pixels.shape[1] != inputs or pixels.dtype not in (np.uint8, np.bool_):
        raise InputError(
            f"pixels are {pixels.dtype} of shape {pixels.shape}, expected uint8 of shape (n, {inputs}) for this network"
        )
    if pixels.size and pixels.max() > 1:
        raise InputError(f"pixels go up to {pixels.max()}, expected 0 and 1: apply a threshold first")


def flat_bits(pixels: NDArray[Any], network: Network) -> NDArray[np.uint8]:
    """Images of zeros and ones of any integer type, or of bools, of shape (n, n_0) or (n, height, width), as uint8 of shape
    (n, n_0).

    Raises `InputError` for others.
    """
    given: NDArray[Any] = np.asarray(pixels)
    if given.dtype.kind in "iu" and given.size and not 0 <= given.min() <= given.max() <= 1:
        raise InputError(f"pixels go from {given.min()} to {given.max()}, expected 0 and 1: apply a threshold first")
    bits = given.astype(np.uint8) if given.dtype.kind in "biu" else given
    flat = bits.reshape(len(bits), -1) if bits.ndim == 3 else bits
    check_pixels(flat, network)
    return flat


def check_labels(labels: NDArray[np.integer], count: int, network: Network) -> None:
    """Raise `InputError` unless `labels` are `count` integers from 0 to n_L - 1 (clause 15)."""
    classes = network.layers[-1]
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"labels are {labels.dtype} of shape {labels.shape}, expected integers of shape ({count},)")
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise InputError(f"label {labels[wrong[0]]} of sample {wrong[0]} is not below {classes}, the number of outputs")


def check_weights(weights: Sequence[NDArray[np.generic]], network: Network) -> None:
    """Raise `InputError` unless `weights` are int8 arrays of the network's shapes."""
    shapes = tuple(w.shape for w in weights)
    if shapes != network.shapes or any(w.dtype != np.int8 for w in weights):
        kinds = ", ".join(sorted({str(w.dtype) for w in weights}))
        raise InputError(f"weights are {kinds} of shapes {shapes}, expected int8 of shapes {network.shapes}")


def pack(pixels: NDArray[np.uint8]) -> bytes:
    """Images as the link carries them: those of `packed`, one after another."""
    return packed(pixels).tobytes()
