"""The settings of R networks as tensors: what the registers and tables of R accelerators hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.contract.error import require
from sw.contract.network import Network
from sw.contract.table import thresholds


@dataclass(frozen=True, kw_only=True)
class LayerSettings:
    """Settings of one weight layer; every tensor has one entry per replica.

    neurons: n_l.
    gate, window: float32 (R, 1), integers (clauses 5 and 8); zero for the last layer, which has no activation.
    silent: float32 (R, 1), the ternary value of a neuron below the activation threshold: -1 ("sign") or 0 ("gate").
    gated: whether any replica has the activation "gate".
    table: int64 (R · 256, 2), θ_toward and θ_away of entry u of replica r at r · 256 + u (clause 12).
    relax_rate: int64 (R, 1); relaxes: whether any replica has a rate above zero.
    """

    neurons: int
    gate: torch.Tensor
    window: torch.Tensor
    silent: torch.Tensor
    gated: bool
    table: torch.Tensor
    relax_rate: torch.Tensor
    relaxes: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of R networks of the same sizes: margin float32 (R, 1), relax_floor int8 (R, 1), and each layer's."""

    margin: torch.Tensor
    relax_floor: torch.Tensor
    layers: tuple[LayerSettings, ...]


def settings_of(networks: Sequence[Network], device: torch.device) -> Settings:
    """The settings of `networks` on `device`. Raises `ContractError` unless all have the same layer sizes."""
    require(len(networks) > 0, "a twin has no networks, expected at least one")
    sizes = networks[0].layers
    for network in networks:
        require(network.layers == sizes, f"layers is {network.layers}, expected {sizes} as in the first replica")
    return Settings(
        margin=_column([n.margin for n in networks], torch.float32, device),
        relax_floor=_column([n.relax_floor for n in networks], torch.int8, device),
        layers=tuple(_layer(networks, i, device) for i in range(networks[0].depth)),
    )


def _layer(networks: Sequence[Network], i: int, device: torch.device) -> LayerSettings:
    hidden = i < networks[0].depth - 1
    gated = [hidden and n.activation[i] == "gate" for n in networks]
    tables = [thresholds(n.learning_rate[i], n.metaplasticity[i]) for n in networks]
    return LayerSettings(
        neurons=networks[0].layers[i + 1],
        gate=_column([n.gate[i] if hidden else 0 for n in networks], torch.float32, device),
        window=_column([n.window[i] if hidden else 0 for n in networks], torch.float32, device),
        silent=_column([0 if g else -1 for g in gated], torch.float32, device),
        gated=any(gated),
        table=torch.tensor(tables, dtype=torch.int64, device=device).flatten(0, 1),
        relax_rate=_column([n.relax_rate[i] for n in networks], torch.int64, device),
        relaxes=any(n.relax_rate[i] > 0 for n in networks),
    )


def _column(values: Sequence[int], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device=device).unsqueeze(1)
