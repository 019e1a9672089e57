"""Number of ones in a word, in an order of additions that maps to few LUTs."""

from amaranth.hdl import Const, Value

ONES_OF_FOUR = Const(0x4332322132212110, 64)  # nibble i: the ones of i


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
    return ONES_OF_FOUR.word_select(bits, 4)[:3]
