"""Number of ones in a word, in an order of additions that maps to few LUTs."""

from amaranth.hdl import Cat, Value


def popcount(bits: Value) -> Value:
    """The number of ones of `bits`: groups of four by three 4-input functions each, then a balanced tree of adders."""
    groups = [_count_four(bits[i : i + 4]) for i in range(0, len(bits), 4)]
    while len(groups) > 1:
        pairs = [a + b for a, b in zip(groups[::2], groups[1::2], strict=False)]
        groups = pairs + groups[2 * len(pairs) :]
    return groups[0]


def _count_four(bits: Value) -> Value:
    if len(bits) < 4:
        return sum(bits[1:], start=bits[0] + 0)
    a, b, c, d = bits
    all_four = a & b & c & d
    at_least_two = (a & b) | (c & d) | ((a | b) & (c | d))
    return Cat(a ^ b ^ c ^ d, at_least_two & ~all_four, all_four)
