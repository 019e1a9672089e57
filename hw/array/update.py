"""The update of one hidden weight (clauses 10 and 11), in two pipeline stages: decide, then step.

The cell holds a weight as sign and level (`sw.contract.tokens.stored`): nearer to zero is down, whatever the sign.
Learning and relaxation share everything: a relaxation is a step toward zero of every column, valid or not, taken when
the level is *not* below the threshold, its floor.
"""

from amaranth.hdl import Cat, Mux, Value


def stored(byte: Value) -> Value:
    """The stored byte of a hidden weight, or the hidden weight of a stored byte (`sw.contract.tokens.stored`)."""
    return Cat(byte[:7] ^ byte[7].replicate(7), byte[7])


def decide(
    *, weight: Value, valid: Value, input_negative: Value, error_negative: Value, relax: Value, toward: Value, away: Value
) -> tuple[Value, Value]:
    """Whether a weight moves, and whether toward zero.

    `weight` is the stored byte, `valid` and `input_negative` its column's ternary input, `error_negative` the sign of d,
    `toward` and `away` the thresholds 0…128 (both the floor, below 128, when `relax` is set). Combinational.
    """
    level, negative = weight[:7], weight[7]
    is_toward = relax | (input_negative ^ error_negative ^ negative)
    threshold = Mux(is_toward, toward, away)
    below = (level - threshold[:7])[7] | threshold[7]  # a difference takes less logic than a comparison
    return Mux(relax, ~below, valid & below), is_toward


def step(weight: Value, toward: Value, *, moving: Value) -> tuple[Value, Value]:
    """(level, end): the level one nearer to zero if `toward`, else one farther, and whether it was at its end already.

    At the end, level 0 or 127, the level that is returned has wrapped around: a weight at 127 has to stay, one at 0 has to
    keep its level and change its sign, from +½ to -½ or back. With `weight`, `toward` and `moving` all zero both are zero,
    so that something else can be joined by OR. Combinational.
    """
    level, passes = [], moving  # passes: bit i changes
    for i in range(7):
        level.append(weight[i] ^ passes)
        passes = weight[i] ^ toward if i == 0 else passes & (weight[i] ^ toward)
    return Cat(level), passes
