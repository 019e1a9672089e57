"""The random words of R replicas (clause 9), made ahead: a row takes the next word without waiting for the one before.

A step of the xorshift is linear over GF(2). So is a jump of 2^k steps, and a table of 4 × 256 words per k computes it a
byte at a time: a stretch of 2^k words becomes one of 2^(k+1) by one jump of the whole stretch.
"""

import functools

import torch

from sw.contract import prng

LEAST_AHEAD = 4096


@functools.cache
def _jump_tables(doublings: int) -> torch.Tensor:
    """int64 (doublings, 4, 256): entry (k, i, v) is where 2^k steps lead from the word v << 8i."""
    step = torch.tensor([prng.step(1 << bit) for bit in range(32)])
    tables = []
    for _ in range(doublings):
        table = torch.zeros(4, 256, dtype=torch.int64)
        for bit in range(8):
            table[:, 1 << bit : 2 << bit] = table[:, : 1 << bit] ^ step.view(4, 8)[:, bit : bit + 1]
        tables.append(table)
        step = _jump(step, table)
    return torch.stack(tables)


def _jump(words: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    parts = [table[i][(words >> (8 * i)) & 0xFF] for i in range(4)]
    return parts[0] ^ parts[1] ^ parts[2] ^ parts[3]


class RandomWords:
    """The stream of each replica and the place where it stands.

    Parameters: `words` int64 (R,), 1…2³²-1, the state of each replica; `most` is the largest number of words that one
    `take` asks of a replica.
    """

    def __init__(self, words: torch.Tensor, most: int) -> None:
        self._most = most
        doublings = (max(LEAST_AHEAD, 2 * most) - 1).bit_length()
        self._tables = _jump_tables(doublings).to(words.device)
        self._ahead = words.unsqueeze(1)
        self._place = torch.zeros_like(words)
        self._extend()

    @property
    def state(self) -> torch.Tensor:
        """The word that each replica holds now: int64 (R,)."""
        return self._ahead.gather(1, self._place.unsqueeze(1)).squeeze(1)

    def set_state(self, replica: int, word: int) -> None:
        """Continue a replica from `word`."""
        state = self.state
        state[replica] = word
        self._restart(state)

    def take(self, replica: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """The next words: one for each entry of `replica` (int64, ascending), which holds replica r counts[r] times."""
        if int(self._place.max()) + self._most >= self._ahead.shape[1]:
            self._restart(self.state)
        before = counts.cumsum(0) - counts
        rank = torch.arange(1, len(replica) + 1, device=replica.device) - before[replica]
        words = self._ahead[replica, self._place[replica] + rank]
        self._place += counts
        return words

    def _restart(self, state: torch.Tensor) -> None:
        self._ahead = state.unsqueeze(1)
        self._place = torch.zeros_like(state)
        self._extend()

    def _extend(self) -> None:
        for table in self._tables:
            self._ahead = torch.cat((self._ahead, _jump(self._ahead, table)), dim=1)
