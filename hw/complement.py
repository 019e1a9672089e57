"""Differences and comparisons with a number of which the complement is at hand: a - b = a + ~b + 1.

The carry chain of an iCE40 takes its operands as they are: of a number that is subtracted every bit costs a LUT that does
nothing but invert it. A register keeps the complement for nothing: the inversion goes into the LUT before its flip-flop,
which was empty. Other families invert inside the chain; there it is all the same.

Such a register begins with zeros, the complement of the highest number: flip-flops of an iCE40 cannot begin with ones.
"""

from amaranth.hdl import C, Cat, Value


def reaches(a: Value, complement: Value) -> Value:
    """Whether a >= b, unsigned; `complement` is ~b, of at most a's width. Combinational."""
    width = len(complement)
    return a[width:].any() | _sum(a[:width], complement)[-1]


def exceeds(a: Value, complement: Value) -> Value:
    """Whether a > b, unsigned numbers of one width; `complement` is ~b. Combinational."""
    return (a + complement)[-1]


def exceeds_or(a: Value, complement: Value, always: Value) -> Value:
    """Whether a > b, or `always`, for which b is 0: one chain, into which the lowest bit carries it. Combinational."""
    return (Cat(C(1, 1), a) + Cat(always, complement))[-1]


def minus(a: Value, complement: Value) -> Value:
    """a - b, modulo 2^width, of numbers of one width; `complement` is ~b. Combinational."""
    return _sum(a, complement)[:-1]


def _sum(a: Value, complement: Value) -> Value:
    """a + ~b + 1, with its carry: one chain, into which a lowest bit of two ones carries the one."""
    width = len(complement)
    if len(a) != width:
        raise ValueError(f"a has {len(a)} bits, expected {width}, as many as the complement")
    return (Cat(C(1, 1), a) + Cat(C(1, 1), complement))[1 : width + 2]
