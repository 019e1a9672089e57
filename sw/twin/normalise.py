"""Between two layers: the mean of the pre-activations, the activation and the straight-through window (clauses 4, 5, 8).

Pre-activations are integers in float32 with shape (R, samples, neurons); means and settings are (R, samples) and (R, 1).
"""

import torch

from sw.twin.settings import LayerSettings


def mean(a: torch.Tensor) -> torch.Tensor:
    """μ = floor(Σ_j a_j / n), toward -∞ (clause 4): float32 integers (R, samples).

    The sum is below 2³² in float64; the quotient of two integers that small never rounds up to the next integer.
    """
    return torch.floor(a.sum(-1, dtype=torch.float64) / a.shape[-1]).to(torch.float32)


def activate(a: torch.Tensor, mu: torch.Tensor, settings: LayerSettings) -> torch.Tensor:
    """The next layer's ternary input, valid · sign, as float32 (clause 5): +1 where a >= μ + gate, else -1 or 0."""
    active = a >= (mu + settings.gate).unsqueeze(-1)
    return torch.where(active, 1.0, settings.silent.unsqueeze(-1))


def is_near(a: torch.Tensor, mu: torch.Tensor, settings: LayerSettings) -> torch.Tensor:
    """Whether |a - μ - gate| <= window (clause 8), for one sample per replica: `a` and result (R, n), `mu` (R, 1)."""
    return (a - (mu + settings.gate)).abs() <= settings.window
