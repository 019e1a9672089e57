"""The random words to come (clause 9), all at once.

A step of the xorshift is linear over GF(2), and so is a jump of 2^k steps: a table of 4 × 256 words per k computes it a
byte at a time. A jump turns a stretch of 2^k words into the stretch after it.
"""

import functools

import torch

from sw.contract import prng


def ahead(words: torch.Tensor, doublings: int) -> torch.Tensor:
    """`words` int64 (R,), 1…2³²-1, and the 2^doublings - 1 words after each: int64 (R, 2^doublings)."""
    stretch = words.unsqueeze(1)
    for table in _jump_tables(doublings).to(words.device):
        stretch = torch.cat((stretch, _jump(stretch, table)), dim=1)
    return stretch


@functools.cache
def _jump_tables(doublings: int) -> torch.Tensor:
    """int64 (doublings, 4, 256): entry (k, i, v) is where 2^k steps lead from the word v << 8i."""
    images = torch.tensor([prng.step(1 << bit) for bit in range(32)])  # of each bit, after 2^k steps
    tables = []
    for _ in range(doublings):
        table = torch.zeros(4, 256, dtype=torch.int64)
        for bit in range(8):
            table[:, 1 << bit : 2 << bit] = table[:, : 1 << bit] ^ images.view(4, 8)[:, bit : bit + 1]
        tables.append(table)
        images = _jump(images, table)
    return torch.stack(tables)


def _jump(words: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    parts = [table[i][(words >> (8 * i)) & 0xFF] for i in range(4)]
    return parts[0] ^ parts[1] ^ parts[2] ^ parts[3]
