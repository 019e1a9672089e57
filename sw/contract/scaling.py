"""Gates and windows that follow the number of valid inputs of their layer (clause 5).

A pre-activation of v valid inputs is spread like √v. Where gate and window follow, images with few and with many pixels on
have about as many active neurons. The host computes them ahead, for every eighth number of valid inputs.
"""

import math

SCALINGS = ("none", "root")
STEP = 8  # numbers of valid inputs that share an entry; theirs is the one in the middle
FURTHEST = 1023  # of a gate or a window, either sign
UNIT = 100  # valid inputs at which nothing is scaled


def scaled(value: int, valid: int) -> int:
    """`value`, a gate or a window, times √(v/100) for the step of `valid` inputs: rounded, halves up, to ±1023 at most."""
    middle = valid // STEP * STEP + STEP // 2
    return max(-FURTHEST, min(FURTHEST, math.floor(value * math.sqrt(middle / UNIT) + 0.5)))


def bounds(scaling: str, gate: int, window: int, inputs: int) -> tuple[tuple[int, int], ...]:
    """Gate and window of a layer of `inputs` inputs for 0 …, 8 …, 16 … valid ones: entry v >> 3 is that of v."""
    starts = range(0, inputs + 1, STEP)
    if scaling == "none":
        return ((gate, window),) * len(starts)
    return tuple((scaled(gate, valid), scaled(window, valid)) for valid in starts)
