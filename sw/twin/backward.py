"""Errors of a hidden layer from those of the layer after it (clause 8)."""

import torch

from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.settings import ActivationSettings, Bounds


def error(
    d: torch.Tensor, after: Array, a: torch.Tensor, mu: torch.Tensor, bounds: Bounds, settings: ActivationSettings
) -> torch.Tensor:
    """d of a hidden layer: int8 (R, n), the sign of g where the pre-activation is near the threshold, else 0; on the lower side
    of a band the opposite sign.

    Parameters: `d` int8 (R, n_after) and `after`, the array of the layer after it, before it changes; `a` (R, n), `mu`
    (R, 1), `bounds` of the sample (R, 1) and `settings` of the hidden layer.
    """
    return after.backward(d).sign_().to(torch.int8).mul_(normalise.nearness(a, mu, bounds, settings))
