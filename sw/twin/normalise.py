"""Between two layers: mean of the pre-activations, activation and straight-through window (clauses 4, 5 and 8).

Pre-activations are integers in float32 (R, samples, neurons), means the same (R, samples), settings (R, 1).
"""

import torch

from sw.twin.settings import ActivationSettings, Bounds

EXACT = 2**24  # float32 holds every integer up to here


def mean(a: torch.Tensor, settings: ActivationSettings) -> torch.Tensor:
    """μ = floor(Σ_j a_j / n), toward -∞ (clause 4): float32 integers (R, samples)."""
    neurons = a.shape[-1]
    total = a.sum(-1, dtype=torch.float32 if neurons * settings.inputs <= EXACT else torch.float64)
    return total.div_(neurons, rounding_mode="floor").to(torch.float32)


def activate(a: torch.Tensor, mu: torch.Tensor, bounds: Bounds, settings: ActivationSettings) -> torch.Tensor:
    """The next layer's ternary input, valid · sign, as float32 (clause 5): +1 where a >= μ + gate, else -1 or 0; in a band
    |a - μ| in the place of a - μ.

    The sign of a - μ - (gate - ½), which is never zero, takes fewer and faster operations than a comparison.
    """
    edge = bounds.gate - 0.5
    if settings.band is None:
        active = (a - (mu + edge).unsqueeze(-1)).sign_()
    else:
        active = _folded(a - mu.unsqueeze(-1), settings.band.unsqueeze(-1)).sub_(edge.unsqueeze(-1)).sign_()
    return torch.maximum(active, settings.silent.unsqueeze(-1)) if settings.gated else active


def nearness(a: torch.Tensor, mu: torch.Tensor, bounds: Bounds, settings: ActivationSettings) -> torch.Tensor:
    """What an error is multiplied with (clause 8): int8, 1 where |a - μ - gate| <= window, else 0; in a band -1 or 1 where
    ||a - μ| - gate| <= window, the sign of a - μ. Of one sample per replica: `a` and result (R, n), all else (R, 1).
    """
    if settings.band is None:
        return ((a - (mu + bounds.gate)).abs_() <= bounds.window).view(torch.int8)
    beyond = a - mu
    near = (_folded(beyond, settings.band) - bounds.gate).abs_() <= bounds.window
    mirrored = (beyond < 0) & (settings.band > 0)
    return near.to(torch.int8) * (1 - 2 * mirrored.to(torch.int8))


def _folded(beyond: torch.Tensor, band: torch.Tensor) -> torch.Tensor:
    """The magnitudes of `beyond` where there is a `band`, a new tensor."""
    return torch.where(band > 0, beyond.abs(), beyond)
