"""What protects old tasks beside the metaplastic rule: nothing, elastic weight consolidation, synaptic intelligence.

Each method sees the gradient of the loss before it adds its own, and the weights after the step.
"""

import torch
from torch import Tensor

from sw.reference.anchors import Anchors
from sw.reference.fisher import fisher
from sw.reference.network import BinaryNetwork
from sw.reference.settings import Settings


class Nothing:
    """No consolidation: the rule alone. Also what the other methods are made from."""

    def after_gradient(self, network: BinaryNetwork) -> None:
        """The gradient of the loss is in `hidden[…].grad`: look at it, add to it."""

    def after_step(self, network: BinaryNetwork) -> None:
        """The optimiser has changed the hidden weights."""

    def end_task(self, network: BinaryNetwork, inputs: Tensor, labels: Tensor) -> None:
        """A task is over; `inputs` (n, n_0) and `labels` (n,) are its first training samples."""


class ElasticWeights(Nothing):
    """Elastic weight consolidation: ½·λ·F·(θ - θ*)² with the Fisher information F of each task that is over.

    `ewc`: Kirkpatrick et al., PNAS 114:3521, 2017, a penalty for every task. `online-ewc`: Schwarz et al., ICML 2018,
    one importance that keeps a share γ (`decay`) a task and is tied to the last weights; the γ that they have before
    the penalty as well is part of λ here. `random`: the importances of each layer are shuffled.
    """

    def __init__(self, network: BinaryNetwork, settings: Settings, seed: int) -> None:
        self._settings, self.anchors = settings, Anchors(network, settings.anchored)
        self._generator = torch.Generator().manual_seed(seed)

    def after_gradient(self, network: BinaryNetwork) -> None:
        """Add λ·∂penalty/∂θ."""
        _add(network, self.anchors.gradients(network), self._settings.strength)

    def end_task(self, network: BinaryNetwork, inputs: Tensor, labels: Tensor) -> None:
        """Measure the task's Fisher information on the first `fisher_samples` and anchor the weights where they are."""
        count, online = self._settings.fisher_samples, self._settings.consolidation == "online-ewc"
        importances = fisher(network, inputs[:count], labels[:count], self._settings.likelihood)
        if self._settings.consolidation == "random":
            importances = [self._shuffled(layer) for layer in importances]
        keep = self._settings.decay if online else 1.0
        self.anchors.add(importances, self.anchors.weights(network), keep, renew=online)

    def _shuffled(self, layer: Tensor) -> Tensor:
        order = torch.randperm(layer.numel(), generator=self._generator).to(layer.device)
        return layer.flatten()[order].view_as(layer)


class SynapticIntelligence(Nothing):
    """Zenke, Poole, Ganguli, ICML 2017: importance is the path integral of -gradient · change over the task.

    penalty = c·Σ Ω·(θ - θ*)², where θ* are the weights at the end of the last task and each task that is over adds
    max(0, ω) / (Δ² + ξ) to Ω, with ω = -Σ_steps g·Δθ, g the gradient of the loss alone, and Δ the change of θ over the task. A
    negative importance would push a weight away from where it was, so it counts as none.
    """

    def __init__(self, network: BinaryNetwork, settings: Settings) -> None:
        self._settings, self.anchors = settings, Anchors(network, settings.anchored)
        self.path = [torch.zeros_like(layer) for layer in self.anchors.importance]
        self._start = self._before = self.anchors.weights(network)
        self._gradients = self.path

    def after_gradient(self, network: BinaryNetwork) -> None:
        """Keep the gradient of the loss; then add c·∂/∂θ, twice what `Anchors` has with its ½."""
        self._gradients = [_gradient(hidden).clone() for hidden in network.hidden]
        _add(network, self.anchors.gradients(network), 2 * self._settings.strength)

    def after_step(self, network: BinaryNetwork) -> None:
        """One more piece of the path."""
        after = self.anchors.weights(network)
        for path, gradient, new, old in zip(self.path, self._gradients, after, self._before, strict=True):
            path.sub_(gradient * (new - old))
        self._before = after

    def end_task(self, network: BinaryNetwork, inputs: Tensor, labels: Tensor) -> None:
        """Turn the path into importance, begin a new one."""
        end = self.anchors.weights(network)
        importances = [
            path.clamp(min=0) / ((new - old).square() + self._settings.damping)
            for path, new, old in zip(self.path, end, self._start, strict=True)
        ]
        self.anchors.add(importances, end, renew=True)
        self.path = [torch.zeros_like(layer) for layer in self.path]
        self._start = self._before = end


def consolidation_of(network: BinaryNetwork, settings: Settings, seed: int) -> Nothing:
    """The method that `settings.consolidation` names; `seed` shuffles the importances of `random`."""
    if settings.consolidation == "none":
        return Nothing()
    if settings.consolidation == "si":
        return SynapticIntelligence(network, settings)
    return ElasticWeights(network, settings, seed)


def _gradient(hidden: Tensor) -> Tensor:
    assert hidden.grad is not None
    return hidden.grad


def _add(network: BinaryNetwork, gradients: list[Tensor], factor: float) -> None:
    for hidden, gradient in zip(network.hidden, gradients, strict=True):
        _gradient(hidden).add_(gradient, alpha=factor)
