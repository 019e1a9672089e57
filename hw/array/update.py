"""The update of one hidden weight (clauses 10 and 11): whether it moves, and which way.

The cell holds a weight as sign and level (`sw.contract.tokens.stored`): nearer to zero is down, whatever the sign.
Learning and relaxation share everything: a relaxation is a step toward zero of every column, valid or not, taken when
the level is *not* below the threshold, its floor.
"""

from amaranth.hdl import Cat, Mux, Value


def stored(byte: Value) -> Value:
    """The stored byte of a hidden weight, or the hidden weight of a stored byte (`sw.contract.tokens.stored`)."""
    return Cat(byte[:7] ^ byte[7].replicate(7), byte[7])


def is_down(*, negative: Value, input_negative: Value, error_negative: Value, relax: Value) -> Value:
    """Whether a weight, whose sign is `negative`, steps toward zero; without an input also whether d · b is negative."""
    return relax | (input_negative ^ error_negative ^ negative)


def moves(*, level: Value, threshold: Value, valid: Value, relax: Value) -> Value:
    """Whether a weight steps, if its level allows.

    `level` has 7 bits; `threshold`, the one for the direction of the step, is 0…128, and the floor, below 128, when
    `relax` is set; `valid` is that of its column's input. Combinational.
    """
    below = threshold[7] | is_less(level, threshold[:7])
    return Mux(relax, ~below, valid & below)


def is_less(a: Value, b: Value) -> Value:
    """a < b, of equal widths, from pairs of bits: a carry chain of this width takes more logic than its bits."""
    assert len(a) == len(b)
    if len(a) <= 2:
        return a < b
    high = slice(len(a) - 2, None)
    return (a[high] < b[high]) | ((a[high] == b[high]) & is_less(a[:-2], b[:-2]))
