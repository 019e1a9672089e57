"""Tasks one after the other, and what they are made of. Nothing is copied until a task is learned or tested."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require
from sw.data.binarise import permute
from sw.reference.learner import Labels, Samples

Labelled = tuple[Samples, Labels]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Training and test samples (n, n_0) with labels (n,), the seed of its permutation (None: as they are), and the
    seed `order` of the order in which its training samples come."""

    name: str
    train: Labelled
    test: Labelled
    permutation: int | None = None
    order: int

    def training(self, samples: int | None) -> Labelled:
        """`samples` training samples (all), in the order of the first epoch, permuted."""
        inputs, labels = self.train
        order = self.first_order(samples)
        return self._permuted(inputs[order]), labels[order]

    def first_order(self, samples: int | None) -> NDArray[np.integer]:
        """Numbers of `samples` training samples (all), in the order of the first epoch."""
        count = len(self.train[1])
        require(samples is None or samples <= count, f"samples is {samples}, expected at most {count}")
        return np.random.default_rng(self.order).permutation(count)[:samples]

    def orders(self, epochs: int, samples: int) -> list[NDArray[np.integer]]:
        """Indices into `training`, for each epoch: as they are, then in new orders."""
        again = (np.random.default_rng((self.order, epoch)).permutation(samples) for epoch in range(1, epochs))
        return [np.arange(samples), *again]

    def testing(self, samples: int | None) -> Labelled:
        """The first `samples` test samples (all there are), permuted."""
        inputs, labels = self.test
        return self._permuted(inputs[:samples]), labels[:samples]

    def _permuted(self, inputs: Samples) -> Samples:
        return permute(inputs, self.permutation)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Tasks in the order they come, the number of classes, and what samples are multiplied with (1/255 for grey bytes).

    `held_out`: a test that is not of one task, tried after every task; None without.
    """

    tasks: Sequence[Task]
    classes: int
    scale: float = 1.0
    held_out: Labelled | None = None

    @property
    def inputs(self) -> int:
        """n_0."""
        return self.tasks[0].train[0].shape[1]

    def joined(self, samples: int | None) -> Labelled:
        """The training samples of all tasks together: what no stream gives, for the upper bound."""
        parts = [task.training(samples) for task in self.tasks]
        return np.concatenate([inputs for inputs, _ in parts]), np.concatenate([labels for _, labels in parts])
