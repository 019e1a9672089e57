"""Between two layers: mean of the pre-activations, activation and straight-through window (clauses 4, 5 and 8).

Pre-activations are integers in float32 (R, samples, neurons), means the same (R, samples), settings (R, 1).
"""

import torch

from sw.twin.settings import ActivationSettings

EXACT = 2**24  # float32 holds every integer up to here


def mean(a: torch.Tensor, settings: ActivationSettings) -> torch.Tensor:
    """μ = floor(Σ_j a_j / n), toward -∞ (clause 4): float32 integers (R, samples)."""
    neurons = a.shape[-1]
    total = a.sum(-1, dtype=torch.float32 if neurons * settings.inputs <= EXACT else torch.float64)
    return total.div_(neurons, rounding_mode="floor").to(torch.float32)


def activate(a: torch.Tensor, mu: torch.Tensor, settings: ActivationSettings) -> torch.Tensor:
    """The next layer's ternary input, valid · sign, as float32 (clause 5): +1 where a >= μ + gate, else -1 or 0.

    The sign of a - (μ + gate - ½), which is never zero, takes fewer and faster operations than a comparison.
    """
    active = (a - (mu + settings.edge).unsqueeze(-1)).sign_()
    return torch.maximum(active, settings.silent.unsqueeze(-1)) if settings.gated else active


def is_near(a: torch.Tensor, mu: torch.Tensor, settings: ActivationSettings) -> torch.Tensor:
    """Whether |a - μ - gate| <= window (clause 8), for one sample per replica: `a` and result (R, n), `mu` (R, 1)."""
    return (a - (mu + settings.gate)).abs_() <= settings.window
