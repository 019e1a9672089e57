"""Metaplastic functions that the contract does not have, to compare its own with.

The chip reads its step probabilities from a table that the host loads, so that it can follow any function that never
rises; clause 12 of the contract knows two. These were tried beside them, in an experiment and nowhere else.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

from sw.contract.error import require
from sw.contract.network import Network
from sw.contract.table import thresholds_of

HALF = math.atanh(math.sqrt(0.5))  # where 1 - tanh² is ½
CONTRACT = "contract"  # the layer's own metaplastic_function

# Functions of x = m·|w|: 1 at 0, and ½ (the step from 1 to 0) at `HALF`.
SHAPES: dict[str, Callable[[float], float]] = {
    "exponential": lambda x: 0.5 ** (x / HALF),
    "gaussian": lambda x: 0.5 ** ((x / HALF) ** 2),
    "lorentzian": lambda x: 1 / (1 + (x / HALF) ** 2),
    "step": lambda x: float(x < HALF),
}


@dataclass(frozen=True, kw_only=True)
class ShapedNetwork(Network):
    """A network whose tables have other shapes; `shape` is one of `SHAPES` or `CONTRACT` for each weight layer.

    Raises `ContractError`, as `Network` does.
    """

    shape: tuple[str, ...]

    @classmethod
    def like(cls, network: Network) -> "ShapedNetwork":
        """`network` as it is, with `CONTRACT` in every layer."""
        known = {field.name: getattr(network, field.name) for field in fields(network)}
        return cls(**known, shape=(CONTRACT,) * network.depth)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._list("shape", self.depth, "weight"):
            known = (CONTRACT, *SHAPES)
            require(name in known, f"shape has {name!r}, expected one of {', '.join(known)}")

    def table(self, layer: int) -> tuple[tuple[int, int], ...]:
        """As clause 12 has it, with the layer's shape in the place of its metaplastic function."""
        if self.shape[layer] == CONTRACT:
            return super().table(layer)
        strengths = self.learning_rate[layer], self.metaplasticity[layer], self.saturation[layer]
        return thresholds_of(SHAPES[self.shape[layer]], *strengths)
