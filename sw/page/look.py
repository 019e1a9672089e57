"""What is seen of a network when its hidden weights are read back: how many are on which level, how many signs have changed."""

import numpy as np

from sw.contract.hidden_weight import LEVELS
from sw.host.learning_device import Weights

BARS = 16
WIDTH = LEVELS // BARS  # levels in a bar


def levels(weights: Weights) -> list[list[int]]:
    """For each layer how many hidden weights have a level of 0…7, 8…15, … 120…127 (contract, clause 1)."""
    return [np.bincount((layer ^ (layer >> 7)).ravel() // WIDTH, minlength=BARS).tolist() for layer in weights]


def flips(before: Weights, after: Weights) -> int:
    """Binary weights, the signs, that are others than before."""
    return sum(int(((old < 0) != (new < 0)).sum()) for old, new in zip(before, after, strict=True))
