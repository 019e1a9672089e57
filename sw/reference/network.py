"""The binarised multilayer perceptron of the paper: hidden weights that learn, their signs that compute."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sw.contract.error import require, require_integer
from sw.reference.normalisation import NORMALISATIONS, PER_TASK, Normalisation, Normaliser
from sw.reference.sign import binary_weight, sign_activation, signs

State = dict[str, Tensor]


class BinaryNetwork(nn.Module):
    """Layers (n_0, …, n_L) of real inputs, sign activations and binary weights, without biases.

    Parameters: `half_width`, hidden weights begin uniform in ± it, drawn layer by layer from `seed`.
    Members: `hidden`, a list of hidden weights (n_l, n_{l-1}), layer 1 first; `normalisers`, one a layer. As in the
    paper, the first layer takes real inputs, and the last one is binary and normalised too: its output are the logits.
    """

    def __init__(self, layers: Sequence[int], normalisation: Normalisation, half_width: float, seed: int) -> None:
        super().__init__()
        require(len(layers) >= 2, f"layers is {list(layers)}, expected at least inputs and classes")
        sizes = tuple(require_integer("layers", size, 1, 65535) for size in layers)
        require(
            normalisation in NORMALISATIONS,
            f"normalisation is {normalisation!r}, expected one of {', '.join(NORMALISATIONS)}",
        )
        self.layers, self.normalisation = sizes, normalisation
        generator = torch.Generator().manual_seed(seed)
        pairs = list(zip(layers[1:], layers[:-1], strict=True))
        self.hidden = nn.ParameterList(
            nn.Parameter((torch.rand(pair, generator=generator) * 2 - 1) * half_width) for pair in pairs
        )
        # The output of two classes, normalised over its two neurons, would always be ±1; the chip has no mean there either.
        last: Normalisation = "none" if normalisation == "sample" else normalisation
        normalisers = [Normaliser(normalisation, *pair) for pair in pairs[:-1]]
        self.normalisers = nn.ModuleList([*normalisers, Normaliser(last, *pairs[-1])])

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits (n, n_L) of `inputs` (n, n_0)."""
        return self.trace(inputs)[0]

    def trace(self, inputs: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Logits, and for each layer its inputs (n, n_{l-1}) and its pre-activations (n, n_l) before normalisation."""
        values, entering, sums = inputs, [], []
        for layer, (hidden, normaliser) in enumerate(zip(self.hidden, self.normalisers, strict=True)):
            if layer:
                values = sign_activation(values)
            entering.append(values)
            sums.append(values @ binary_weight(hidden).T)
            values = normaliser(sums[-1])
        return values, entering, sums

    @torch.no_grad()
    def binary(self) -> list[Tensor]:
        """The binary weights, +1 or -1, of every layer."""
        return [signs(hidden) for hidden in self.hidden]

    def hold_statistics(self, constant: bool) -> None:
        """Whether statistics of a batch are constants of the derivative (`Normaliser.constant`)."""
        for normaliser in self.normalisers:
            assert isinstance(normaliser, Normaliser)
            normaliser.constant = constant

    @property
    def knows_tasks(self) -> bool:
        """Whether the test of a task needs its name, because each task has a normalisation state of its own."""
        return self.normalisation.endswith(PER_TASK)

    def normalisation_state(self) -> State:
        """A copy of gains, shifts and running statistics of all layers."""
        return {name: value.detach().clone() for name, value in self.normalisers.state_dict().items()}

    def restore_normalisation(self, state: State) -> None:
        """Take back what `normalisation_state` gave."""
        self.normalisers.load_state_dict(state)
