"""Two tasks in turn, as one stream: MNIST as it is, then MNIST with the pixels of every image in another order.

No image comes twice, both tasks use the same ten outputs, and nothing in the stream says where one ends.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.data.stream import sample_order
from sw.host.learning_device import Bits, Labels

PERMUTATION = 1  # seed of the second task's pixel order
SCORED_AT = 10  # points of each task at which both are tested


@dataclass(frozen=True, kw_only=True)
class Task:
    """`samples` of the stream are its own; `pixels` (n, 784) and `labels` (n,) are its test."""

    name: str
    permutation: int | None
    samples: int
    pixels: Bits
    labels: Labels


@dataclass(frozen=True, kw_only=True)
class TwoTasks:
    """The training stream, pixels (n, 784) and labels (n,), and the tasks in the order in which it has them."""

    pixels: Bits
    labels: Labels
    tasks: tuple[Task, Task]

    @classmethod
    def of_mnist(cls, samples: int, shuffle: int | None, tests: int) -> Self:
        """`samples` >= 2 of the training set in its own order, or shuffled, half of them for each task; the first `tests`
        test images, in each task's order of pixels. Raises `DataError`."""
        pixels, labels = load_packed("train")
        order = sample_order(len(pixels), samples=samples, shuffle=shuffle)
        pixels, labels = pixels[order], labels[order]
        switch = samples - samples // 2
        test_pixels, test_labels = (part[:tests] for part in load_packed("test"))
        plain, permuted = (
            Task(name=name, permutation=seed, samples=own, pixels=permute(test_pixels, seed), labels=test_labels)
            for name, seed, own in (
                ("MNIST", None, switch),
                ("MNIST, pixels permuted", PERMUTATION, samples - switch),
            )
        )
        stream = np.concatenate([pixels[:switch], permute(pixels[switch:], PERMUTATION)])
        return cls(pixels=stream, labels=labels, tasks=(plain, permuted))

    @property
    def switch(self) -> int:
        """The first sample of the second task."""
        return self.tasks[0].samples

    @property
    def tests(self) -> tuple[Bits, Labels]:
        """The tests of both tasks, one after the other."""
        pixels, labels = ([getattr(task, part) for task in self.tasks] for part in ("pixels", "labels"))
        return np.concatenate(pixels), np.concatenate(labels)

    def scored_at(self) -> list[int]:
        """After how many samples both tasks are tested: 0, evenly through each task, and at both ends."""
        first = np.linspace(0, self.switch, SCORED_AT + 1)
        second = np.linspace(self.switch, len(self.labels), SCORED_AT + 1)
        return sorted({int(point) for point in (*first, *second)})
