"""The update of one hidden weight (clauses 10 and 11): whether it moves, and which way.

Learning and relaxation share everything: a relaxation is a step toward zero of every column, valid or not, taken when
the level is *not* below the threshold, its floor.
"""

from amaranth.hdl import Const, Mux, Value


def moves(*, weight: Value, threshold: Value, valid: Value, relax: Value) -> Value:
    """Whether a weight steps, if it is not at the end of its range.

    `weight` has 8 bits; `threshold`, the one for the direction of the step, is 0…128, and the floor, below 128, when
    `relax` is set; `valid` is that of its column's input. Combinational.

    The level of a weight below zero is ~weight, and ~weight < threshold is weight > ~threshold: the threshold is
    complemented, which takes nothing where it is chosen, and the comparison turned around.
    """
    negative = weight[7]
    turned = threshold[:7] ^ negative.replicate(7)
    below = threshold[7] | (negative ^ is_less(weight[:7], turned, equal=negative))
    return Mux(relax, ~below, valid & below)


def is_less(a: Value, b: Value, *, equal: Value | Const) -> Value:
    """a < b, or `equal` where they are the same: from pairs of bits, for a carry chain takes more logic than its bits."""
    if len(a) == 0:
        return equal
    top = slice(max(len(a) - 2, 0), None)
    rest = is_less(a[: top.start], b[: top.start], equal=equal)
    return (a[top] < b[top]) | ((a[top] == b[top]) & rest)
