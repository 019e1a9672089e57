"""The random words to come (clause 9), all at once.

A step of the xorshift is linear over GF(2), and so is a jump of 2^k steps: a table of 4 × 256 words per k computes it a
byte at a time. A jump turns a stretch of 2^k words into the stretch after it.
"""

import functools

import numpy as np

from sw.contract import prng


def ahead(words: np.ndarray, doublings: int) -> np.ndarray:
    """`words` uint32 (R,), 1…2³²-1, and the 2^doublings - 1 words after each: uint32 (R, 2^doublings)."""
    stretch = words[:, None]
    for table in _jump_tables(doublings):
        stretch = np.concatenate((stretch, _jump(stretch, table)), axis=1)
    return stretch


@functools.cache
def _jump_tables(doublings: int) -> list[np.ndarray]:
    """For each k, uint32 (4, 256): entry (i, v) is where 2^k steps lead from the word v << 8i."""
    images = np.array([prng.step(1 << bit) for bit in range(32)], dtype=np.uint32)  # of each bit, after 2^k steps
    tables = []
    for _ in range(doublings):
        table = np.zeros((4, 256), dtype=np.uint32)
        for bit in range(8):
            table[:, 1 << bit : 2 << bit] = table[:, : 1 << bit] ^ images.reshape(4, 8)[:, bit : bit + 1]
        tables.append(table)
        images = _jump(images, table)
    return tables


def _jump(words: np.ndarray, table: np.ndarray) -> np.ndarray:
    low, second, third, high = (table[i][(words >> (8 * i)) & 0xFF] for i in range(4))
    return low ^ second ^ third ^ high
