"""Metaplastic functions that the contract does not have, to compare its own with.

The chip reads its step probabilities from a table that the host loads, so that it can follow any function that never
rises; clause 12 of the contract knows two. These were tried beside them, in an experiment and nowhere else.
"""

import math
from collections.abc import Callable

HALF = math.atanh(math.sqrt(0.5))  # where 1 - tanh² is ½

# Functions of x = m·|w|: 1 at 0, and ½ (the step from 1 to 0) at `HALF`.
SHAPES: dict[str, Callable[[float], float]] = {
    "exponential": lambda x: 0.5 ** (x / HALF),
    "gaussian": lambda x: 0.5 ** ((x / HALF) ** 2),
    "lorentzian": lambda x: 1 / (1 + (x / HALF) ** 2),
    "step": lambda x: float(x < HALF),
}
