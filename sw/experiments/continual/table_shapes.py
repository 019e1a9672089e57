"""Step functions other than the paper's: how rare a step gets as its hidden weight grows, in other shapes.

The chip reads its step probabilities from a table that the host loads, so that it can follow any function that never
rises; clause 12 of the contract fills it with f_meta. These are there to compare with f_meta in an experiment, nowhere else.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

from sw.contract.error import require
from sw.contract.network import Network
from sw.contract.table import metaplastic_function, tail

HALF = math.atanh(math.sqrt(0.5))  # where f_meta is ½

# Functions of m·|w|, all 1 at 0 and, but for the step, ½ where f_meta is.
SHAPES: dict[str, Callable[[float], float]] = {
    "tanh": lambda x: metaplastic_function(x, 1.0),  # 1 - tanh², falls like exp(-2x)
    "exponential": lambda x: 0.5 ** (x / HALF),
    "gaussian": lambda x: 0.5 ** ((x / HALF) ** 2),
    "hyperbola": lambda x: 1 / (1 + x / HALF),
    "lorentzian": lambda x: 1 / (1 + (x / HALF) ** 2),
    "step": lambda x: float(x < HALF),
}


@dataclass(frozen=True, kw_only=True)
class ShapedNetwork(Network):
    """A network whose tables have other shapes; `shape` is one of `SHAPES` for each weight layer, `tanh` the contract's.

    Raises `ContractError`, as `Network` does.
    """

    shape: tuple[str, ...]

    @classmethod
    def like(cls, network: Network) -> "ShapedNetwork":
        """`network` with the contract's shape in every layer."""
        known = {field.name: getattr(network, field.name) for field in fields(network)}
        return cls(**known, shape=("tanh",) * network.depth)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._list("shape", self.depth, "weight"):
            require(name in SHAPES, f"shape has {name!r}, expected one of {', '.join(SHAPES)}")

    def table(self, layer: int) -> tuple[tuple[int, int], ...]:
        """As clause 12 has it, with the layer's shape in the place of f_meta."""
        rate, f = self.learning_rate[layer], SHAPES[self.shape[layer]]
        toward, away = (
            tail(lambda v, strength=strength: rate * f(strength * v))
            for strength in (self.metaplasticity[layer], self.saturation[layer])
        )
        return tuple(zip(toward, away, strict=True))
