"""A network that learns task after task in floating point, and what it is asked between them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sw.contract.error import require
from sw.reference.consolidation import consolidation_of
from sw.reference.metaplasticity import MetaplasticAdam, MetaplasticOptimiser, MetaplasticSgd
from sw.reference.network import BinaryNetwork, State
from sw.reference.normalisation import ALONE
from sw.reference.settings import Settings

TEST_BATCH = 1000
Samples = NDArray[Any]  # uint8 or float32, of shape (n, n_0)
Labels = NDArray[np.integer]


class Learner:
    """A `BinaryNetwork` with its optimiser, its consolidation and the normalisation state of every task so far.

    Parameters: `seed` of the initial weights; `device`, where PyTorch computes; `scale`, by which inputs are multiplied
    (1/255 for grey bytes). The same settings, seed and samples give the same weights, bit for bit, on one machine.
    Inputs are arrays (n, n_0), labels integers (n,).
    """

    def __init__(self, settings: Settings, seed: int, device: str = "cpu", scale: float = 1.0) -> None:
        self.settings, self._device, self._scale = settings, torch.device(device), scale
        network = BinaryNetwork(settings.layers, settings.normalisation, settings.half_width, seed)
        self.network = network.to(self._device)
        self.consolidation = consolidation_of(self.network, settings, seed)
        self._optimiser = self._new_optimiser()
        self._states: list[State] = []

    def learn(self, inputs: Samples, labels: Labels, orders: Iterable[NDArray[np.integer]]) -> None:
        """One task: for each of `orders`, an epoch over those samples in that order. What is kept of it is taken up.

        Raises `ContractError` where no number is left of the hidden weights.
        """
        if self._states and self.settings.renewed:
            self._optimiser = self._new_optimiser()
        samples, classes = self._tensor(inputs), torch.as_tensor(labels.astype(np.int64), device=self._device)
        order = None
        for order in orders:
            self.network.train()
            for chosen in self._batches(torch.as_tensor(order, device=self._device)):
                self._step(samples[chosen], classes[chosen])
        require(order is not None, "a task has no epochs, expected at least one")
        finite = all(bool(layer.isfinite().all()) for layer in self.network.hidden)
        require(finite, "hidden weights are no numbers: the learner diverged, expected a smaller strength or learning_rate")
        first = torch.as_tensor(order, device=self._device)[: self.settings.fisher_samples]
        self.consolidation.end_task(self.network, self._inputs(samples[first]), classes[first])
        self._states.append(self.network.normalisation_state() if self.network.knows_tasks else {})

    @torch.no_grad()
    def logits(self, inputs: Samples, task: int | None = None) -> Tensor:
        """Logits (n, n_L). A network that keeps a state for each task takes that of `task`, if it has learned it."""
        self.network.eval()
        now = self.network.normalisation_state()
        if self.network.knows_tasks and task is not None and task < len(self._states):
            self.network.restore_normalisation(self._states[task])
        result = torch.cat([self.network(self._inputs(part)) for part in self._tensor(inputs).split(TEST_BATCH)])
        self.network.restore_normalisation(now)
        return result

    def accuracy(self, inputs: Samples, labels: Labels, task: int | None = None) -> float:
        """Share of right predictions, 0…1."""
        return float((self.logits(inputs, task).argmax(1).cpu().numpy() == labels).mean())

    def hidden(self) -> list[NDArray[np.float32]]:
        """A copy of the hidden weights, layer 1 first."""
        return [layer.detach().cpu().numpy().copy() for layer in self.network.hidden]

    def _step(self, inputs: Tensor, labels: Tensor) -> None:
        loss = functional.cross_entropy(self.network(self._inputs(inputs)), labels)
        self._optimiser.zero_grad()
        loss.backward()
        self.consolidation.after_gradient(self.network)
        self._optimiser.step()
        self.consolidation.after_step(self.network)

    def _batches(self, order: Tensor) -> Iterator[Tensor]:
        """Batches of the order; a last one of a single sample joins the one before, where it would have no variance."""
        parts = list(order.split(self.settings.batch))
        if len(parts) > 1 and len(parts[-1]) == 1 and self.settings.normalisation not in ALONE:
            parts[-2:] = [torch.cat(parts[-2:])]
        yield from parts

    def _new_optimiser(self) -> MetaplasticOptimiser:
        kind = MetaplasticAdam if self.settings.optimiser == "adam" else MetaplasticSgd
        others = list(self.network.normalisers.parameters())
        rate, decay = self.settings.learning_rate, self.settings.weight_decay
        return kind(list(self.network.hidden), others, self.settings.metaplasticity, rate, decay)

    def _tensor(self, inputs: Samples) -> Tensor:
        return torch.as_tensor(inputs, device=self._device)

    def _inputs(self, samples: Tensor) -> Tensor:
        return samples.to(torch.float32) * self._scale
