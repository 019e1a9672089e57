"""The forward pass of a block of samples (clauses 3 to 6), kept up to date while the network learns from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.draw import Rows
from sw.twin.settings import ActivationSettings, Bounds


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample per replica, layer by layer, first first; integers in float32.

    `inputs` ternary (R, n_{l-1}); `pre_activations` (R, n_l), the last are the scores; `means` and
    `bounds` (R, 1) of hidden layers.
    """

    inputs: list[torch.Tensor]
    pre_activations: list[torch.Tensor]
    means: list[torch.Tensor]
    bounds: list[Bounds]


class Forward:
    """The forward pass of consecutive samples.

    Parameters: `arrays` and `settings` of the layers; `pixels` float32 (R, samples, n_0), 0 or 1: an off pixel is not
    valid (clause 3).
    """

    def __init__(self, arrays: list[Array], settings: list[ActivationSettings], pixels: torch.Tensor) -> None:
        self._arrays, self._settings = arrays, settings
        self._compute_from(pixels, arrays[0].forward(pixels))

    @property
    def scores(self) -> torch.Tensor:
        """z: float32 integers (R, samples, n_L) (clause 6)."""
        return self._pre_activations[-1]

    def sample(self, places: Sequence[int]) -> Sample:
        """Sample `places[r]` of each replica r."""
        return Sample(
            inputs=[_at(x, places) for x in self._inputs],
            pre_activations=[_at(a, places) for a in self._pre_activations],
            means=[_at(mu, places).unsqueeze(1) for mu in self._means],
            bounds=[self._bounds_at(i, places) for i in range(len(self._bounds))],
        )

    def continue_from(self, first: int, changed: Rows) -> None:
        """Forget the samples before `first` and compute the others again after `changed` rows of layer 1 have changed.

        Of layer 1, by far the largest, only those rows; of the later layers, whose inputs have changed too, all.
        """
        pixels, a = self._inputs[0][:, first:], self._pre_activations[0][:, first:]
        self._arrays[0].forward_rows(a, pixels, changed)
        self._compute_from(pixels, a)

    def _compute_from(self, pixels: torch.Tensor, a: torch.Tensor) -> None:
        self._inputs, self._pre_activations, self._means, self._bounds = [pixels], [a], [], []
        for array, settings in zip(self._arrays[1:], self._settings, strict=True):
            mu, bounds = normalise.mean(a, settings), settings.bounds(self._inputs[-1])
            inputs = normalise.activate(a, mu, bounds, settings)
            a = array.forward(inputs)
            self._means.append(mu)
            self._bounds.append(bounds)
            self._inputs.append(inputs)
            self._pre_activations.append(a)

    def _bounds_at(self, layer: int, places: Sequence[int]) -> Bounds:
        bounds = self._bounds[layer]
        if bounds is self._settings[layer].fixed:
            return bounds
        return Bounds(gate=_at(bounds.gate, places).unsqueeze(1), window=_at(bounds.window, places).unsqueeze(1))


def _at(values: torch.Tensor, places: Sequence[int]) -> torch.Tensor:
    if len(places) == 1:
        return values[:, places[0]]
    replicas = torch.arange(len(places), device=values.device)
    return values[replicas, torch.tensor(places, device=values.device)]
