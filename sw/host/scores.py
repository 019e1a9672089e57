"""The scores of all classes (contract, clause 6), computed at the host from the weights of a board.

A board compares its output neurons as they come and keeps the best; no scores go over the line (`docs/protocol.md`).
"""

import numpy as np

from sw.contract.network import Network
from sw.contract.scaling import STEP
from sw.host.learning_device import Bits, Scores, Weights


def scores(network: Network, weights: Weights, pixels: Bits) -> Scores:
    """z_c, of shape (n, n_L), of pixels of shape (n, n_0), 0 or 1. Exact: no sum is beyond the integers of float32."""
    x = pixels.astype(np.float32)
    for i, layer in enumerate(weights):
        a = x @ np.where(layer >= 0, np.float32(1), np.float32(-1)).T
        if i == len(weights) - 1:
            return a.astype(np.int32)
        valid = np.abs(x).sum(axis=1).astype(np.int64)
        gates = np.array([gate for gate, _ in network.bounds(i)])[valid // STEP]
        beyond = a - a.astype(np.int64).sum(axis=1, keepdims=True) // a.shape[1]
        beyond = np.abs(beyond) if network.activation[i] == "band" else beyond
        x = (beyond >= gates[:, None]).astype(np.float32)
        if network.activation[i] == "sign":
            x = 2 * x - 1
    raise AssertionError("a network has a layer")
