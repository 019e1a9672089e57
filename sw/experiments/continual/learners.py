"""What learns a stream: the floating-point learner or the twin, behind the same four methods."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sw.contract.configuration import tables_of
from sw.contract.network import Network
from sw.contract.rehearsal import NONE, Rehearsal
from sw.data.packed_bits import PackedBits
from sw.data.reservoir import Rehearser, Reservoir
from sw.experiments.continual.abstaining import predictions
from sw.experiments.continual.methods import METHODS
from sw.experiments.continual.other_rules import OtherRule
from sw.experiments.continual.packing import Packing
from sw.experiments.continual.sources import bits_of
from sw.experiments.continual.stream import Stream, Task
from sw.experiments.continual.trial import CONTRACT, TrialNetwork
from sw.experiments.seeds import Seeds
from sw.host.error import BoardError, InputError
from sw.reference.learner import Learner
from sw.reference.settings import Settings
from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import CompilerError
from sw.twin.device import TwinDevice

ENGINES = {"twin": TwinDevice, "compiled": CompiledDevice}


class StreamLearner(Protocol):
    """Learns tasks one after the other and is tested between them."""

    def learn(self, task: Task, samples: int | None) -> None:
        """All epochs of a task, of its first `samples` training samples (all)."""
        ...

    def accuracy(self, task: Task, samples: int | None, number: int | None) -> float:
        """Share of right predictions of the first `samples` test samples (all); which task it is, its `number`, is told for
        those that know tasks."""
        ...

    def hidden(self) -> list[NDArray[Any]]:
        """A copy of the hidden weights, layer 1 first."""
        ...

    def describe(self) -> dict[str, Any]:
        """Settings and what was told of tasks, for the result."""
        ...


class FloatLearner:
    """The reference learner, which learns bits of a reservoir, `start`, again after new ones; None: nothing is kept."""

    def __init__(self, settings: Settings, seed: int, device: str, scale: float, start: Reservoir | None = None) -> None:
        self._learner, self._scale = Learner(settings, seed, device, scale), scale
        self._rehearser, self._rehearsal = Rehearser.of(start), NONE if start is None else start.rehearsal

    def learn(self, task: Task, samples: int | None) -> None:
        """Every epoch in a new order."""
        inputs, labels = task.training(samples)
        epochs = self._learner.settings.epochs
        if self._rehearser is None:
            self._learner.learn(inputs, labels, task.orders(epochs, len(labels)))
            return
        order = np.concatenate(task.orders(epochs, len(labels)))
        learned, classes, _ = self._rehearser.expand(bits_of(inputs, self._scale)[order], labels[order])
        self._learner.learn(learned, classes, [np.arange(len(classes))])

    def accuracy(self, task: Task, samples: int | None, number: int | None) -> float:
        """Share of right predictions."""
        return self._learner.accuracy(*task.testing(samples), number)

    def hidden(self) -> list[NDArray[Any]]:
        """Float32."""
        return self._learner.hidden()

    def describe(self) -> dict[str, Any]:
        """The settings."""
        settings = self._learner.settings
        kept = {"rehearsal": self._rehearsal.fields} if self._rehearsal.size else {}
        return {"settings": settings.fields() | kept, "task_knowledge": settings.task_knowledge()}


class ChipLearner:
    """The twin: bits, one sample at a time, `epochs` passes, with `rehearsal`; it is never told of a task."""

    def __init__(self, network: Network, scale: float, epochs: int, engine: str, rehearsal: Rehearsal = NONE) -> None:
        self._network, self._epochs, self._engine = network, epochs, engine
        self._packing, self._rehearsal = Packing(scale), rehearsal
        self._device = engine_of(engine, rule_of(network))
        self._device.configure(network)
        if rehearsal.size:
            self._device.memory.rehearse(Reservoir.empty(rehearsal, network.layers[0]))

    def learn(self, task: Task, samples: int | None) -> None:
        """Every pass in a new order."""
        bits, labels = self._packing.training(task, samples)
        for order in task.orders(self._epochs, len(labels)):
            self._device.train(bits[order], labels[order])

    def accuracy(self, task: Task, samples: int | None, number: int | None) -> float:
        """Share of right predictions."""
        bits, labels = self._packing.testing(task, samples)
        return float((self._predictions(bits) == labels).mean())

    def hidden(self) -> list[NDArray[Any]]:
        """int8 q, which stands for q + ½ (contract, clause 1): as that number, so that its sign is the binary weight."""
        return [layer.astype(np.float32) + 0.5 for layer in self._device.read_weights()]

    def describe(self) -> dict[str, Any]:
        """The network's configuration."""
        passes = {"epochs": self._epochs, "engine": self._engine}
        return {"settings": tables_of(self._network, self._rehearsal) | passes, "task_knowledge": []}

    def _predictions(self, bits: PackedBits) -> NDArray[np.uint16]:
        if isinstance(self._network, TrialNetwork) and any(self._network.abstain):
            return predictions(self._network, self._network.abstain, self._device.read_weights(), bits.bits())
        return self._device.infer(bits)


def rule_of(network: Network) -> str:
    """The rule of a `TrialNetwork`; any other network has the contract's."""
    return network.rule if isinstance(network, TrialNetwork) else CONTRACT


def engine_of(name: str, rule: str = CONTRACT) -> TwinDevice | CompiledDevice:
    """One of `ENGINES`: they give the same bits. Only "compiled" has other rules.

    Raises `InputError`, `BoardError` where there is no compiler.
    """
    if name not in ENGINES:
        raise InputError(f"--engine is {name}, expected {' or '.join(ENGINES)}")
    if rule != CONTRACT and name != "compiled":
        raise InputError(f"--engine is {name}, expected compiled for the rule {rule}")
    try:
        return ENGINES[name]() if rule == CONTRACT else OtherRule(rule)
    except CompilerError as error:
        raise BoardError(str(error)) from error


def learner_of(
    name: str,
    stream: Stream,
    settings: Settings,
    network: Network | None,
    seed: int,
    device: str,
    engine: str = "twin",
    rehearsal: Rehearsal = NONE,
) -> StreamLearner:
    """What learns by a method. `network` configures the chip (None: the contract's defaults) and `engine` is what plays
    it; one without the stream's inputs and classes is an error. The chip and the methods that rehearse have the `rehearsal`.
    All randomness but that of the rehearsal comes from `seed`. Raises `InputError`."""
    seeds = Seeds.of(seed, 1)
    if METHODS[name].rehearses and not rehearsal.size:
        raise InputError(f"{name} has nothing to rehearse from: give --rehearsal R, the past samples to keep")
    if not METHODS[name].integer:
        kept = Reservoir.empty(rehearsal, stream.inputs) if METHODS[name].rehearses else None
        return FloatLearner(settings, seeds.init_seed, device, stream.scale, kept)
    chosen = network or Network.of(layers=settings.layers)
    if (chosen.layers[0], chosen.layers[-1]) != (stream.inputs, stream.classes):
        raise InputError(
            f"layers is {list(chosen.layers)}, expected {stream.inputs} inputs and {stream.classes} classes for this stream"
        )
    if not METHODS[name].metaplastic:
        chosen = replace(chosen, metaplasticity=(0.0,) * chosen.depth)
    chosen = replace(chosen, init_seed=seeds.init_seed, prng=seeds.prng)
    return ChipLearner(chosen, stream.scale, 1 if METHODS[name].one_pass else settings.epochs, engine, rehearsal)
