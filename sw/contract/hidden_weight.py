"""Arithmetic of one hidden weight (clauses 1, 10 and 11) on Python integers: the definition that the rest is tested by.

A hidden weight is an int8 `q` that stands for q + 1/2: there is no zero and the range ±127.5 is symmetric.
"""

LOWEST, HIGHEST = -128, 127
LEVELS = 128


def binary_weight(q: int) -> int:
    """The weight that the network uses: +1 if q >= 0 else -1 (clause 1)."""
    return 1 if q >= 0 else -1


def level(q: int) -> int:
    """Distance from zero, 0…127: q for q >= 0, else -q - 1 (clause 1)."""
    return q ^ (q >> 7)


def is_toward(q: int, step: int) -> bool:
    """Whether a step of ±1 points toward zero, that is, opposes the binary weight (clause 1)."""
    return step * binary_weight(q) < 0


def learn(q: int, step: int, toward: int, away: int) -> int:
    """One learning step (clause 11).

    Parameters: `step` -1, 0 or +1 (0: an invalid column or no error); `toward`, `away` thresholds 0…128.
    Returns the new hidden weight: it moves by `step`, saturating, iff its level is below the threshold of its direction.
    """
    if step == 0:
        return q
    threshold = toward if is_toward(q, step) else away
    return min(max(q + step, LOWEST), HIGHEST) if level(q) < threshold else q


def relax(q: int, floor: int) -> int:
    """One relaxation (clause 10): a weight with level >= floor (1…127) moves one level toward zero."""
    if level(q) < floor:
        return q
    return q - 1 if q >= 0 else q + 1
