"""A quadratic penalty that ties weights to where they were: what EWC and synaptic intelligence have in common.

With importances F and anchors θ* of each task, penalty = ½ Σ_tasks Σ_i F_i·(θ_i - θ*_i)². It needs no more memory with
more tasks: ΣF, ΣF·θ* and ΣF·θ*² say it all.
"""

import torch
from torch import Tensor

from sw.reference.network import BinaryNetwork
from sw.reference.settings import Weights


class Anchors:
    """No penalty until `add`; then the sum of all that was added.

    Parameters: `anchored`, θ are the binary or the hidden weights. A derivative to binary weights goes straight through
    to the hidden ones, as that of the loss does. Normalisation has no anchors, as in the published code.
    """

    def __init__(self, network: BinaryNetwork, anchored: Weights) -> None:
        self.anchored: Weights = anchored
        self.importance = [torch.zeros_like(hidden, requires_grad=False) for hidden in network.hidden]
        self._pull = [torch.zeros_like(layer) for layer in self.importance]
        self._constant = 0.0

    @torch.no_grad()
    def weights(self, network: BinaryNetwork) -> list[Tensor]:
        """A copy of θ, layer by layer."""
        if self.anchored == "binary":
            return network.binary()
        return [hidden.detach().clone() for hidden in network.hidden]

    def add(self, importances: list[Tensor], anchors: list[Tensor], keep: float = 1.0, renew: bool = False) -> None:
        """Take up a task. Older importances are multiplied by `keep`; with `renew` all are tied to the new anchors."""
        old = 0.0 if renew else keep * self._constant
        for layer, (new, anchor) in enumerate(zip(importances, anchors, strict=True)):
            self.importance[layer] = keep * self.importance[layer] + new
            tied = self.importance[layer] if renew else new
            self._pull[layer] = tied * anchor + (0 if renew else keep * self._pull[layer])
            old += float((tied * anchor.square()).sum())
        self._constant = old

    def gradients(self, network: BinaryNetwork) -> list[Tensor]:
        """∂penalty/∂θ = Σ F·(θ - θ*), layer by layer."""
        return [f * w - p for f, w, p in zip(self.importance, self.weights(network), self._pull, strict=True)]

    def penalty(self, network: BinaryNetwork) -> float:
        """½ Σ F·(θ - θ*)²."""
        total = self._constant
        for importance, weight, pull in zip(self.importance, self.weights(network), self._pull, strict=True):
            total += float((importance * weight.square() - 2 * pull * weight).sum())
        return total / 2
