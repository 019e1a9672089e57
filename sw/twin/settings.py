"""What lies between two layers of R networks, as tensors: the activation and straight-through window of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.contract.network import Network


@dataclass(frozen=True, kw_only=True)
class ActivationSettings:
    """Settings of one hidden layer (clauses 5 and 8); every tensor is float32 (R, 1).

    inputs: n_{l-1}, which bounds the pre-activations.
    gate, window: integers; edge: gate - ½.
    silent: the ternary value of a neuron below the activation threshold, -1 ("sign") or 0 ("gate").
    gated: whether any replica has the activation "gate".
    """

    inputs: int
    gate: torch.Tensor
    edge: torch.Tensor
    window: torch.Tensor
    silent: torch.Tensor
    gated: bool


def activation_settings(networks: Sequence[Network], device: torch.device) -> list[ActivationSettings]:
    """The settings of each hidden layer of `networks`, which have the same sizes."""

    def column(values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device).unsqueeze(1)

    settings = []
    for i in range(networks[0].depth - 1):
        gated = [n.activation[i] == "gate" for n in networks]
        settings.append(
            ActivationSettings(
                inputs=networks[0].layers[i],
                gate=column([n.gate[i] for n in networks]),
                edge=column([n.gate[i] - 0.5 for n in networks]),
                window=column([n.window[i] for n in networks]),
                silent=column([0 if g else -1 for g in gated]),
                gated=any(gated),
            )
        )
    return settings
