"""Threshold tables (clause 12): the metaplastic function of a layer, sampled once so that the chip needs none of it.

Instead of one random number per synapse the chip draws one threshold per neuron update, from the distribution whose
tail is the step probability: P(threshold > level) = learning_rate · f(level).
"""

import math
from collections.abc import Callable, Sequence

from sw.contract.hidden_weight import LEVELS

ENTRIES = 256


def metaplastic_function(value: float, strength: float) -> float:
    """f_meta = 1 - tanh²(m · |w|) of Laborieux et al. 2021, equation 3; `value` is |w| in units of 128 levels."""
    return 1.0 - math.tanh(strength * value) ** 2


def tail(probability: Callable[[float], float]) -> tuple[int, ...]:
    """The 256 thresholds (0…128) whose tail is `probability(v)` at v = (k + ½)/128 for level k = 0…127."""
    by_level = [probability((k + 0.5) / LEVELS) for k in range(LEVELS)]
    return tuple(sum(p > (u + 0.5) / ENTRIES for p in by_level) for u in range(ENTRIES))


def thresholds(learning_rate: float, metaplasticity: float, saturation: float = 0.0) -> tuple[tuple[int, int], ...]:
    """The table of one layer: 256 pairs (θ_toward, θ_away), each 0…128, indexed by the top byte of the random word.

    `metaplasticity` makes steps toward zero rarer the larger the hidden weight, `saturation` those away from zero.
    """
    toward, away = (
        tail(lambda v, strength=strength: learning_rate * metaplastic_function(v, strength))
        for strength in (metaplasticity, saturation)
    )
    return tuple(zip(toward, away, strict=True))


def table_bytes(table: Sequence[tuple[int, int]]) -> bytes:
    """The table as the link carries it: 512 bytes, θ_toward and θ_away of entry 0, then of entry 1, …"""
    return bytes(threshold for pair in table for threshold in pair)
