"""A network and everything that it learns with: sizes, seeds, rates, windows (clauses 2, 14, 15 and 16)."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sw.contract.error import ContractError, require, require_integer, require_rate, shown, tuple_of
from sw.contract.scaling import FURTHEST, SCALINGS, bounds
from sw.contract.table import METAPLASTIC_FUNCTIONS, thresholds

MAX_LAYERS = 4
MAX_NEURONS = 65535
ACTIVATIONS = ("sign", "gate", "band")
DEFAULT_PRNG = 2463534242


def _scaled_root(numerator: int, denominator: int, fan_in: int) -> int:
    """floor(numerator/denominator · √fan_in), exactly."""
    return math.isqrt(numerator * numerator * fan_in // (denominator * denominator))


def default_margin(fan_in: int) -> int:
    """floor(1.75 · √fan_in) (clause 16)."""
    return _scaled_root(7, 4, fan_in)


def default_window(fan_in: int) -> int:
    """floor(0.3 · √fan_in) (clause 16)."""
    return _scaled_root(3, 10, fan_in)


@dataclass(frozen=True, kw_only=True)
class Network:
    """Sizes and learning settings; every value checked against clause 15 when it is made.

    `layers` is (n_0, n_1, …, n_L), 1 <= L <= 4. The lists of `learning` have one entry per weight layer (learning_rate,
    metaplasticity, saturation, metaplastic_function, relax_rate) or per hidden layer (window, activation, gate, scaling).
    Numbers and lists of any type, NumPy's too, are taken and kept as Python's. Use `Network.of` to have the fields that are
    not given filled with the defaults. Raises `ContractError`.
    """

    layers: tuple[int, ...]
    init_seed: int
    init_range: int
    learning_rate: tuple[float, ...]
    metaplasticity: tuple[float, ...]
    saturation: tuple[float, ...]
    metaplastic_function: tuple[str, ...]
    margin: int
    window: tuple[int, ...]
    activation: tuple[str, ...]
    gate: tuple[int, ...]
    scaling: tuple[str, ...]
    prng: int
    relax_rate: tuple[int, ...]
    relax_floor: int

    @classmethod
    def of(cls, **fields: Any) -> "Network":
        """A network from any subset of the fields; what is absent takes its default.

        Raises `ContractError` for an unknown field and for a value outside its range.
        """
        unknown = sorted(set(fields) - set(cls.__dataclass_fields__))
        known = ", ".join(cls.__dataclass_fields__)
        require(not unknown, f"unknown field {', '.join(unknown)}: the fields of a network are {known}")
        given: dict[str, Any] = dict(fields)
        layers = given["layers"] = _sizes(given.get("layers", (784, 500, 10)))
        defaults: dict[str, Any] = {
            "init_seed": 1,
            "init_range": 8,
            "learning_rate": (0.35,) * (len(layers) - 2) + (0.4,),
            "metaplasticity": (2.2,) * (len(layers) - 2) + (2.5,),
            "saturation": (0.0,) * (len(layers) - 1),
            "metaplastic_function": ("tanh",) * (len(layers) - 1),
            "margin": default_margin(layers[-2]),
            "window": tuple(default_window(fan_in) for fan_in in layers[:-2]),
            "activation": ("sign",) * (len(layers) - 2),
            "gate": (0,) * (len(layers) - 2),
            "scaling": ("none",) * (len(layers) - 2),
            "prng": DEFAULT_PRNG,
            "relax_rate": (0,) * (len(layers) - 1),
            "relax_floor": 1,
        }
        return cls(**(defaults | given))

    def __post_init__(self) -> None:
        self._keep("layers", _sizes(self.layers))
        for name, low, high in (
            ("init_seed", 0, 2**64 - 1),
            ("init_range", 1, 128),
            ("margin", -(2**15), 2**15 - 1),
            ("prng", 1, 2**32 - 1),
            ("relax_floor", 1, 127),
        ):
            self._keep(name, require_integer(name, getattr(self, name), low, high))
        for name in ("learning_rate", "metaplasticity", "saturation"):
            self._keep(name, tuple(require_rate(name, value) for value in self._list(name, self.depth, "weight")))
        self._words("metaplastic_function", self.depth, "weight", tuple(METAPLASTIC_FUNCTIONS))
        for name, count, kind, low, high in (
            ("window", self.depth - 1, "hidden", 0, FURTHEST),
            ("gate", self.depth - 1, "hidden", -FURTHEST, FURTHEST),
            ("relax_rate", self.depth, "weight", 0, 65536),
        ):
            self._keep(name, tuple(require_integer(name, value, low, high) for value in self._list(name, count, kind)))
        self._words("activation", self.depth - 1, "hidden", ACTIVATIONS)
        self._words("scaling", self.depth - 1, "hidden", SCALINGS)
        for mode, gate in zip(self.activation, self.gate, strict=True):
            require(mode != "sign" or gate == 0, f"gate is {gate} for an activation of mode 'sign', expected 0")

    def _keep(self, name: str, value: object) -> None:
        """What was given in whatever type is kept in Python's own."""
        object.__setattr__(self, name, value)

    def _words(self, name: str, count: int, kind: str, known: Sequence[str]) -> None:
        for value in self._list(name, count, kind):
            is_known = isinstance(value, str) and value in known
            require(is_known, f"{name} has {shown(value)}, expected one of {', '.join(known)}")
        self._keep(name, tuple(map(str, self._list(name, count, kind))))

    def _list(self, name: str, count: int, kind: str) -> tuple[Any, ...]:
        given = getattr(self, name)
        values = tuple_of(given)
        if values is None or len(values) != count:
            told = shown(given if values is None else values)
            raise ContractError(f"{name} is {told}, expected a list of {count}: one per {kind} layer")
        return values

    @property
    def depth(self) -> int:
        """L, the number of weight layers."""
        return len(self.layers) - 1

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shape (n_l, n_{l-1}) of each weight layer, layer 1 first."""
        return tuple((self.layers[i + 1], self.layers[i]) for i in range(self.depth))

    @property
    def first_rows(self) -> tuple[int, ...]:
        """The row of neuron 0 of each weight layer (clause 2)."""
        return tuple(sum(self.layers[1 : i + 1]) for i in range(self.depth))

    @property
    def row_count(self) -> int:
        """Rows of the weight memory that the network takes: one per neuron."""
        return sum(self.layers[1:])

    def table(self, layer: int) -> tuple[tuple[int, int], ...]:
        """The thresholds of a weight layer, 0 the first (clause 12)."""
        strengths = self.learning_rate[layer], self.metaplasticity[layer], self.saturation[layer]
        return thresholds(*strengths, self.metaplastic_function[layer])

    def bounds(self, layer: int) -> tuple[tuple[int, int], ...]:
        """Gate and window of a hidden layer, 0 the first, by its number of valid inputs: entry v >> 3 (clause 5)."""
        return bounds(self.scaling[layer], self.gate[layer], self.window[layer], self.layers[layer])

    def fields(self) -> dict[str, Any]:
        """Every field with its resolved value, as plain lists and numbers."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _sizes(layers: object) -> tuple[int, ...]:
    given = tuple_of(layers)
    if given is None or not 2 <= len(given) <= MAX_LAYERS + 1:
        told = shown(layers if given is None else given)
        raise ContractError(f"layers is {told}, expected a list of 2 to {MAX_LAYERS + 1} sizes, inputs first")
    sizes = tuple(require_integer("layers", size, 1, MAX_NEURONS) for size in given)
    require(sizes[-1] >= 2, f"layers ends with {sizes[-1]}, expected at least 2 classes")
    return sizes
