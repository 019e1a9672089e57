"""The samples of tasks as the chip has them, one bit a pixel: each set is packed once, however many tasks are made of it."""

from sw.data.binarise import permutation
from sw.data.packed_bits import PackedBits
from sw.experiments.continual.sources import bits_of
from sw.experiments.continual.stream import Task
from sw.reference.learner import Labels, Samples

PackedLabelled = tuple[PackedBits, Labels]


class Packing:
    """What `Task.training` and `Task.testing` give, as packed bits of what `bits_of` makes of it with `scale`."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._known: dict[int, tuple[Samples, PackedBits]] = {}  # by the array's id, which is its own while it is kept here

    def training(self, task: Task, samples: int | None) -> PackedLabelled:
        """`samples` training samples (all), in the order of the first epoch, permuted."""
        inputs, labels = task.train
        order = task.first_order(samples)
        return self._permuted(self._packed(inputs)[order], task), labels[order]

    def testing(self, task: Task, samples: int | None) -> PackedLabelled:
        """The first `samples` test samples (all there are), permuted."""
        inputs, labels = task.test
        return self._permuted(self._packed(inputs)[:samples], task), labels[:samples]

    def _packed(self, inputs: Samples) -> PackedBits:
        if id(inputs) not in self._known:
            self._known[id(inputs)] = inputs, PackedBits.of(bits_of(inputs, self._scale))
        return self._known[id(inputs)][1]

    @staticmethod
    def _permuted(packed: PackedBits, task: Task) -> PackedBits:
        return packed if task.permutation is None else packed.permuted(permutation(packed.pixels, task.permutation))
