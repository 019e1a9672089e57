"""The forward pass of a block of samples (clauses 3 to 6), kept up to date while the network learns from them."""

import torch

from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.draw import Rows
from sw.twin.settings import Settings


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

    def continue_from(self, first: int, changed: Rows) -> None:
        """Forget the samples before `first` and compute the others again after `changed` rows of layer 1 have changed.

        Of layer 1, by far the largest, only those rows; of the later layers, whose inputs have changed too, all.
        """
        pixels, a = self.inputs[0][:, first:], self.pre_activations[0][:, first:]
        self._arrays[0].forward_rows(a, pixels, changed)
        self._compute_from(pixels, a)

    def _compute_from(self, pixels: torch.Tensor, a: torch.Tensor) -> None:
        self.inputs, self.pre_activations, self.means = [pixels], [a], []
        for array, settings in zip(self._arrays[1:], self._settings.layers[:-1], strict=True):
            mu = normalise.mean(a)
            inputs = normalise.activate(a, mu, settings)
            a = array.forward(inputs)
            self.means.append(mu)
            self.inputs.append(inputs)
            self.pre_activations.append(a)
