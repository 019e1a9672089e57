"""Inference in which weak synapses abstain, in the place of clauses 1 and 4: below a level L one counts as 0, not as -1 or +1.

A machine of the contract could do it in two passes, with the signs of q + L and of q - L: their sums together are twice this
one. Training does not change, and nothing of the gateware does it; it is tried here, on the weights that a stream left.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sw.contract.network import Network


def predictions(
    network: Network, least: Sequence[int], weights: Sequence[NDArray[np.int8]], pixels: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Predictions (N,) of `pixels`, 0 or 1, (N, n_0): clauses 3 to 6 but for the weights, with the gates of the training.

    Parameters: `weights`, hidden weights q (n_l, n_{l-1}) of each weight layer; `least`, the lowest level that counts in each,
    0…128. With 0 everywhere these are the twin's predictions.
    """
    *hidden, last = (_ternary(q, level) for q, level in zip(weights, least, strict=True))
    inputs = pixels.astype(np.float32)
    for i, layer in enumerate(hidden):
        sums = (inputs @ layer.T).astype(np.int64)
        beyond = sums - np.floor_divide(sums.sum(axis=1), len(layer))[:, np.newaxis]
        gates = np.array([gate for gate, _ in network.bounds(i)])[np.count_nonzero(inputs, axis=1) >> 3, np.newaxis]
        inputs = _active(network.activation[i], beyond, gates).astype(np.float32)
    return (inputs @ last.T).argmax(axis=1).astype(np.uint16)


def _ternary(q: NDArray[np.int8], least: int) -> NDArray[np.float32]:
    """-1, 0 or 1, exact in a matrix product up to 2²⁴ inputs."""
    levels = (q ^ (q >> 7)).astype(np.int16)
    return np.where(levels >= least, np.where(q >= 0, 1, -1), 0).astype(np.float32)


def _active(mode: str, beyond: NDArray[np.int64], gates: NDArray[np.int64]) -> NDArray[np.integer]:
    """Clause 5, for D_j and gate'."""
    if mode == "sign":
        return np.where(beyond >= 0, 1, -1)
    return ((np.abs(beyond) if mode == "band" else beyond) >= gates).astype(np.int64)
