"""Errors of a hidden layer from those of the layer after it (clause 8)."""

import torch

from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.settings import ActivationSettings


def error(d: torch.Tensor, after: Array, a: torch.Tensor, mu: torch.Tensor, settings: ActivationSettings) -> torch.Tensor:
    """d of a hidden layer: int8 (R, n), the sign of g where the pre-activation is near the threshold, else 0.

    Parameters: `d` int8 (R, n_after) and `after`, the array of the layer after it, before it changes; `a` (R, n), `mu`
    (R, 1) and `settings` of the hidden layer.
    """
    near = normalise.is_near(a, mu, settings)
    return after.backward(d).sign_().to(torch.int8).mul_(near.view(torch.int8))
