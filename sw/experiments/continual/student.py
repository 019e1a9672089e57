"""What learns a stream: the floating-point learner or the twin, behind the same four methods."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sw.contract.configuration import tables_of
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.experiments.continual.methods import METHODS
from sw.experiments.continual.sources import bits_of
from sw.experiments.continual.stream import Stream, Task
from sw.experiments.permuted_mnist import Seeds
from sw.host.error import InputError
from sw.reference.learner import Labels, Learner, Samples
from sw.reference.settings import Settings
from sw.twin.device import TwinDevice


class Student(Protocol):
    """Learns tasks one after the other and is tested between them."""

    def learn(self, task: Task, samples: int | None) -> None:
        """All epochs of a task, of its first `samples` training samples (all)."""
        ...

    def accuracy(self, inputs: Samples, labels: Labels, task: int | None) -> float:
        """Share of right predictions; `task` is told for those that know tasks."""
        ...

    def hidden(self) -> list[NDArray[Any]]:
        """A copy of the hidden weights, layer 1 first."""
        ...

    def describe(self) -> dict[str, Any]:
        """Settings and what was told of tasks, for the result."""
        ...


class FloatStudent:
    """The reference learner."""

    def __init__(self, settings: Settings, seed: int, device: str, scale: float) -> None:
        self._learner = Learner(settings, seed, device, scale)

    def learn(self, task: Task, samples: int | None) -> None:
        """Every epoch in a new order."""
        inputs, labels = task.training(samples)
        self._learner.learn(inputs, labels, task.orders(self._learner.settings.epochs, len(labels)))

    def accuracy(self, inputs: Samples, labels: Labels, task: int | None) -> float:
        """Share of right predictions."""
        return self._learner.accuracy(inputs, labels, task)

    def hidden(self) -> list[NDArray[Any]]:
        """Float32."""
        return self._learner.hidden()

    def describe(self) -> dict[str, Any]:
        """The settings."""
        settings = self._learner.settings
        return {"settings": settings.fields(), "task_knowledge": settings.task_knowledge()}


class ChipStudent:
    """The twin: bits, one sample at a time, one pass; it is never told of a task."""

    def __init__(self, network: Network, scale: float) -> None:
        self._network, self._scale, self._device = network, scale, TwinDevice()
        self._device.configure(network)
        self._device.write_weights(initial_weights(network))

    def learn(self, task: Task, samples: int | None) -> None:
        """One pass."""
        inputs, labels = task.training(samples)
        self._device.train(bits_of(inputs, self._scale), labels)

    def accuracy(self, inputs: Samples, labels: Labels, task: int | None) -> float:
        """Share of right predictions."""
        return float((self._device.infer(bits_of(inputs, self._scale)) == labels).mean())

    def hidden(self) -> list[NDArray[Any]]:
        """int8 q, which stands for q + ½ (contract, clause 1): as that number, so that its sign is the binary weight."""
        return [layer.astype(np.float32) + 0.5 for layer in self._device.read_weights()]

    def describe(self) -> dict[str, Any]:
        """The network's configuration."""
        return {"settings": tables_of(self._network), "task_knowledge": []}


def student_of(name: str, stream: Stream, settings: Settings, network: Network | None, seed: int, device: str) -> Student:
    """The student of a method. `network` configures the chip: None, or one without the stream's inputs and classes in
    it, is an error for a method that needs it. All its randomness comes from `seed`."""
    seeds = Seeds.of(seed, 1)
    if not METHODS[name].integer:
        return FloatStudent(settings, seeds.init_seed, device, stream.scale)
    chosen = network or Network.of(layers=settings.layers)
    if (chosen.layers[0], chosen.layers[-1]) != (stream.inputs, stream.classes):
        raise InputError(
            f"layers is {list(chosen.layers)}, expected {stream.inputs} inputs and {stream.classes} classes for this stream"
        )
    if not METHODS[name].metaplastic:
        chosen = replace(chosen, metaplasticity=(0.0,) * chosen.depth)
    return ChipStudent(replace(chosen, init_seed=seeds.init_seed, prng=seeds.prng), stream.scale)
