"""Threshold tables (clause 12): the metaplastic function of a layer, sampled once so that the chip needs none of it.

Instead of one random number per synapse the chip draws one threshold per neuron update, from the distribution whose
tail is the step probability: P(threshold > level) = learning_rate · f(level).
"""

import math
from collections.abc import Callable, Sequence

from sw.contract.hidden_weight import LEVELS

ENTRIES = 256


# f_meta by name, of x = m · |w|: 1 at 0, never rising. `tanh` is equation 3 of Laborieux et al. 2021; `hyperbola` falls more
# slowly, so that a weight that has grown far still moves at times.
METAPLASTIC_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "tanh": lambda x: 1.0 - math.tanh(x) ** 2,
    "hyperbola": lambda x: 1.0 / (1.0 + x),
}


def tail(probability: Callable[[float], float]) -> tuple[int, ...]:
    """The 256 thresholds (0…128) whose tail is `probability(v)` at v = (k + ½)/128 for level k = 0…127."""
    by_level = [probability((k + 0.5) / LEVELS) for k in range(LEVELS)]
    return tuple(sum(p > (u + 0.5) / ENTRIES for p in by_level) for u in range(ENTRIES))


def thresholds(
    learning_rate: float, metaplasticity: float, saturation: float = 0.0, function: str = "tanh"
) -> tuple[tuple[int, int], ...]:
    """The table of one layer: 256 pairs (θ_toward, θ_away), each 0…128, indexed by the top byte of the random word.

    `metaplasticity` makes steps toward zero rarer the larger the hidden weight, `saturation` those away from zero;
    `function`, one of `METAPLASTIC_FUNCTIONS`, says how: |w| is in units of 128 levels.
    """
    return thresholds_of(METAPLASTIC_FUNCTIONS[function], learning_rate, metaplasticity, saturation)


def thresholds_of(
    f_meta: Callable[[float], float], learning_rate: float, metaplasticity: float, saturation: float
) -> tuple[tuple[int, int], ...]:
    """The same for any function that never rises."""
    toward = tail(lambda v: learning_rate * f_meta(metaplasticity * v))
    away = tail(lambda v: learning_rate * f_meta(saturation * v))
    return tuple(zip(toward, away, strict=True))


def table_bytes(table: Sequence[tuple[int, int]]) -> bytes:
    """The table as the link carries it: 512 bytes, θ_toward and θ_away of entry 0, then of entry 1, …"""
    return bytes(threshold for pair in table for threshold in pair)
