"""Every seed of a stream of tasks, drawn from one."""

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Initial weights, random word, each task's permutation (None: as it is, the first) and sample order."""

    init_seed: int
    prng: int
    permutations: list[int | None]
    orders: list[int]

    @classmethod
    def of(cls, seed: int, tasks: int) -> Self:
        """Task by task, so that a longer stream begins like a shorter one."""
        random = np.random.default_rng(seed)
        init_seed, prng = (int(random.integers(1, 2**32)) for _ in range(2))
        pairs = random.integers(2**32, size=(tasks, 2)).tolist()
        permutations = [None, *(permutation for permutation, _ in pairs[1:])]
        return cls(init_seed=init_seed, prng=prng, permutations=permutations, orders=[order for _, order in pairs])
