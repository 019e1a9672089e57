"""What lies between two layers of R networks, as tensors: the activation and straight-through window of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.contract.network import Network
from sw.contract.scaling import STEP


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Gate and window of samples, integers in float32 (R, samples) or, where they are the same for all, (R, 1)."""

    gate: torch.Tensor
    window: torch.Tensor


@dataclass(frozen=True, kw_only=True)
class ActivationSettings:
    """Settings of one hidden layer (clauses 5 and 8); every tensor is float32, and (R, 1) where nothing else is said.

    inputs: n_{l-1}, which bounds the pre-activations.
    fixed: gate and window where nothing scales them; scaled: those of the step v >> 3, (R, steps), None where no replica has
    any.
    silent: the ternary value of a neuron below the activation threshold, -1 ("sign") or 0.
    gated: whether any replica has another activation than "sign".
    band: 1 in a replica with the activation "band", else 0; None where none has.
    """

    inputs: int
    fixed: Bounds
    scaled: Bounds | None
    silent: torch.Tensor
    gated: bool
    band: torch.Tensor | None

    def bounds(self, inputs: torch.Tensor) -> Bounds:
        """Gate and window of samples, given the layer's ternary inputs (R, samples, n_{l-1})."""
        if self.scaled is None:
            return self.fixed
        step = inputs.count_nonzero(-1) // STEP
        return Bounds(gate=self.scaled.gate.gather(1, step), window=self.scaled.window.gather(1, step))


def activation_settings(networks: Sequence[Network], device: torch.device) -> list[ActivationSettings]:
    """The settings of each hidden layer of `networks`, which have the same sizes."""

    def table(values: Sequence[Sequence[int]]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)

    settings = []
    for i in range(networks[0].depth - 1):
        modes, by_step = [n.activation[i] for n in networks], [n.bounds(i) for n in networks]
        scaled = Bounds(gate=table([[g for g, _ in b] for b in by_step]), window=table([[w for _, w in b] for b in by_step]))
        settings.append(
            ActivationSettings(
                inputs=networks[0].layers[i],
                fixed=Bounds(gate=table([[n.gate[i]] for n in networks]), window=table([[n.window[i]] for n in networks])),
                scaled=None if all(n.scaling[i] == "none" for n in networks) else scaled,
                silent=table([[-1 if mode == "sign" else 0] for mode in modes]),
                gated=any(mode != "sign" for mode in modes),
                band=table([[mode == "band"] for mode in modes]) if "band" in modes else None,
            )
        )
    return settings
