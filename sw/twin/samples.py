"""Checks on what a twin is given, before anything changes (clause 15)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import ContractError, require
from sw.contract.network import Network
from sw.data.packed_bits import PackedBits


def pixels_of(pixels: Any, replicas: int, inputs: int) -> NDArray[np.uint8]:
    """Pixels as uint8 (1, N, n_0), from an array (N, n_0) or `PackedBits` that all replicas share, or (R, N, n_0), from one
    like it; 0 or 1.

    Raises `ContractError` for another shape, type or value.
    """
    given = pixels.bits() if isinstance(pixels, PackedBits) else np.asarray(pixels)
    fits = given.shape[-1:] == (inputs,) and (given.ndim == 2 or (given.ndim == 3 and len(given) == replicas))
    require(fits, f"pixels has the shape {given.shape}, expected (samples, {inputs}) or ({replicas}, samples, {inputs})")
    bits = given.dtype.kind in "biu" and (given.size == 0 or (given.min() >= 0 and given.max() <= 1))
    require(bits, "pixels has values other than the integers 0 and 1")
    return np.ascontiguousarray(given if given.ndim == 3 else given[None], np.uint8)


def labels_of(labels: Any, replicas: int, samples: int, classes: int) -> np.ndarray:
    """Labels as int64 (R, N), from an array (N,) that all replicas share or (R, N); 0 … n_L - 1.

    Raises `ContractError` for another shape, type or value.
    """
    given = np.asarray(labels)
    require(
        given.shape in ((samples,), (replicas, samples)),
        f"labels has the shape {given.shape}, expected ({samples},) or ({replicas}, {samples})",
    )
    require(given.size == 0 or given.dtype.kind in "iu", f"labels has the type {given.dtype}, expected integers")
    for wrong in given[(given < 0) | (given >= classes)][:1]:
        raise ContractError(f"a label is {wrong}, expected 0 to {classes - 1}")
    return np.broadcast_to(given.astype(np.int64), (replicas, samples))


def weights_of(weights: Any, network: Network) -> list[NDArray[np.int8]]:
    """Copies of hidden weights, int8 (n_l, n_{l-1}), layer 1 first. Raises `ContractError` for another shape or type."""
    given = [np.asarray(w) for w in weights]
    require(len(given) == network.depth, f"weights has {len(given)} layers, expected {network.depth}")
    for layer, (w, shape) in enumerate(zip(given, network.shapes, strict=True), start=1):
        require(w.shape == shape, f"weights of layer {layer} have the shape {w.shape}, expected {shape}")
        require(w.dtype == np.int8, f"weights of layer {layer} have the type {w.dtype}, expected int8")
    return [np.array(w, order="C") for w in given]
