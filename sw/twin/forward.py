"""The forward pass of a block of samples (clauses 3 to 6), kept up to date while the network learns from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.draw import Rows
from sw.twin.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample per replica, layer by layer, first first; integers in float32.

    `inputs` ternary (R, n_{l-1}); `pre_activations` (R, n_l), the last are the scores; `means` (R, 1) of hidden layers.
    """

    inputs: list[torch.Tensor]
    pre_activations: list[torch.Tensor]
    means: list[torch.Tensor]


class Forward:
    """Inputs, pre-activations and means of each layer, for consecutive samples.

    Attributes, lists by layer: `inputs` ternary (R, samples, n_{l-1}), `pre_activations` (R, samples, n_l), `means`
    (R, samples) of the hidden layers; integers in float32.
    """

    def __init__(self, arrays: list[Array], settings: Settings, pixels: torch.Tensor) -> None:
        """Compute the block. `pixels` float32 (R, samples, n_0), 0 or 1: an off pixel is not valid (clause 3)."""
        self._arrays, self._settings = arrays, settings
        self._compute_from(pixels, arrays[0].forward(pixels))

    @property
    def scores(self) -> torch.Tensor:
        """z: (R, samples, n_L) (clause 6)."""
        return self.pre_activations[-1]

    def sample(self, places: Sequence[int]) -> Sample:
        """Sample `places[r]` of each replica r."""
        return Sample(
            inputs=[at(x, places) for x in self.inputs],
            pre_activations=[at(a, places) for a in self.pre_activations],
            means=[at(mu.unsqueeze(2), places) for mu in self.means],
        )

    def continue_from(self, first: int, changed: Rows) -> None:
        """Forget the samples before `first` and compute the others again after `changed` rows of layer 1 have changed.

        Of layer 1, by far the largest, only those rows; of the later layers, whose inputs have changed too, all.
        """
        pixels, a = self.inputs[0][:, first:], self.pre_activations[0][:, first:]
        self._arrays[0].forward_rows(a, pixels, changed)
        self._compute_from(pixels, a)

    def _compute_from(self, pixels: torch.Tensor, a: torch.Tensor) -> None:
        self.inputs, self.pre_activations, self.means = [pixels], [a], []
        for i in range(1, len(self._arrays)):
            settings = self._settings.layers[i - 1]
            mu = normalise.mean(a, self._arrays[i - 1].inputs)
            inputs = normalise.activate(a, mu, settings)
            a = self._arrays[i].forward(inputs)
            self.means.append(mu)
            self.inputs.append(inputs)
            self.pre_activations.append(a)


def at(values: torch.Tensor, places: Sequence[int]) -> torch.Tensor:
    """values[r, places[r]] for each replica r: (R, …) of (R, samples, …)."""
    if len(places) == 1:
        return values[:, places[0]]
    replicas = torch.arange(len(places), device=values.device)
    return values[replicas, torch.tensor(places, device=values.device)]
