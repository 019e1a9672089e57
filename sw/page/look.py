"""What is seen of a network when its hidden weights are read back: how many are on which level, how many signs have changed."""

import numpy as np

from sw.contract.hidden_weight import LEVELS
from sw.host.learning_device import Weights

BAR_OF = np.array([level.bit_length() for level in range(LEVELS)])
BARS = 8  # levels 0, 1, 2 and 3, 4 to 7, … 64 to 127


def levels(weights: Weights) -> list[list[int]]:
    """For each layer how many hidden weights have a level (contract, clause 1) of 0, 1, 2…3, 4…7, … 64…127."""
    return [np.bincount(BAR_OF[layer ^ (layer >> 7)].ravel(), minlength=BARS).tolist() for layer in weights]


def flips(before: Weights, after: Weights) -> int:
    """Binary weights, the signs, that are others than before."""
    return sum(int(((old < 0) != (new < 0)).sum()) for old, new in zip(before, after, strict=True))
