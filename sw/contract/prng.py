"""The random word of the learning rule: a 32-bit xorshift, stepped once for every row with an error (clause 9)."""

MASK = 0xFFFF_FFFF
SHIFTS = (13, -17, 5)  # left, right, left


def step(x: int) -> int:
    """The word after `x` (1…2³²-1): x ^= x << 13; x ^= x >> 17; x ^= x << 5, modulo 2³²."""
    for shift in SHIFTS:
        x ^= (x << shift) & MASK if shift > 0 else x >> -shift
    return x


def table_index(x: int) -> int:
    """The entry of the threshold table that a word selects: its top 8 bits."""
    return x >> 24


def relaxes(x: int, relax_rate: int) -> bool:
    """Whether a word relaxes its row (clause 10): its low 16 bits are below the rate, 0 (never) … 65536 (always)."""
    return (x & 0xFFFF) < relax_rate
