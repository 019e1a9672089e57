"""Training and test samples of an experiment in the sample memory of a board: sent once, then the board feeds itself."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from sw.data.binarise import permutation
from sw.host.learning_device import Bits, Labels, LearningDevice, SampleMemory
from sw.terminal.progress import Progress

Samples = tuple[Bits, Labels]


class Library:
    """`train` in its order and `test`, class after class, in `memory`."""

    @classmethod
    def of(cls, device: LearningDevice, train: Samples, test: Samples) -> Self | None:
        """On a device with a network; None where it has no memory, or no room for all."""
        memory = device.memory
        if memory is None or len(train[1]) + len(test[1]) > memory.room:
            return None
        return cls(memory, train, test)

    def __init__(self, memory: SampleMemory, train: Samples, test: Samples) -> None:
        self._memory, self._pixels = memory, train[0].shape[1]
        by_class = np.argsort(test[1], kind="stable")
        self._ends = len(train[1]) + np.cumsum(np.bincount(test[1]))
        self._begin = len(train[1])
        memory.store(*train)
        memory.store(test[0][by_class], test[1][by_class], self._begin)

    def learn(self, what: str, first: int, count: int, seed: int | None = None) -> None:
        """Train on samples in order, with their pixels permuted by a seed; `what` stands beside the progress."""
        self._permute(seed)
        with Progress(what, count) as progress:
            for stretch in self._memory.play(first, count, permuted=seed is not None):
                progress.advance(*stretch)

    def right(self, seed: int | None = None) -> NDArray[np.int64]:
        """Of each class, how many test samples are predicted rightly, with their pixels permuted by a seed."""
        self._permute(seed)
        ends = self._ends.tolist()
        pairs = zip([self._begin, *ends[:-1]], ends, strict=True)
        return np.array([self._tested(first, end - first, seed) for first, end in pairs])

    def _tested(self, first: int, count: int, seed: int | None) -> int:
        played = self._memory.play(first, count, train=False, permuted=seed is not None)
        return sum(stretch.correct for stretch in played)

    def _permute(self, seed: int | None) -> None:
        if seed is not None:
            self._memory.permute(permutation(self._pixels, seed).tolist())
