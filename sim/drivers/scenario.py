"""The networks and geometries that the whole machine is tried on, drawn from a seed within what each one is for."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network

RAILS = (-128, -127, -1, 0, 126, 127)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is tried, and why.

    grid is (height, width, K, folds, slices); `memory_ports` those of a weight memory; `group` is that of the geometry;
    `spare_rows` are rows beyond the network's. `sizes` gives a range for each layer. `fields` are those of `Network` (a
    callable is called with the generator). `ones` is the share of lit pixels.
    """

    name: str
    grid: tuple[int, int, int, int, int]
    sizes: tuple[tuple[int, int], ...]
    fields: dict[str, Any]
    memory_ports: int = 2
    group: int = 1
    spare_rows: int = 3
    rails: bool = False
    ones: float = 0.4

    @property
    def ident(self) -> str:
        """Its name, without blanks."""
        return self.name.replace(",", "").replace(" ", "-")

    def build(self, seed: int) -> tuple[Geometry, Network, list[np.ndarray]]:
        """The geometry, the network and the weights that it begins with."""
        random = Random(f"{self.name} {seed}")
        height, width, k, folds, slices = self.grid
        layers = [random.randint(*size) for size in self.sizes]
        given = {name: value(random) if callable(value) else value for name, value in self.fields.items()}
        network = Network.of(layers=layers, **given)
        geometry = Geometry(
            columns=height * width * k * folds,
            rows=network.row_count + self.spare_rows,
            grid_height=height,
            grid_width=width,
            synapses_per_cell=k,
            folds=folds,
            slices=slices,
            memory_ports=self.memory_ports,
            group=self.group,
        )
        generator = np.random.default_rng(random.getrandbits(32))
        bound = network.init_range
        weights = [
            generator.choice(np.array(RAILS, np.int8), shape)
            if self.rails
            else generator.integers(-bound, bound, shape, dtype=np.int8)
            for shape in network.shapes
        ]
        return geometry, network, weights

    def samples(self, seed: int, network: Network, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Random pixels (count, n_0) and labels; among them an image that is dark, and one that is lit all over."""
        generator = np.random.default_rng([seed, count])
        pixels = (generator.random((count, network.layers[0])) < self.ones).astype(np.uint8)
        pixels[generator.integers(count)] = 0
        pixels[generator.integers(count)] = 1
        return pixels, generator.integers(0, network.layers[-1], count)


def _rates(*choices: int):
    return lambda random: [random.choice(choices) for _ in range(2)]


SCENARIOS = (
    Scenario(name="one layer", grid=(2, 3, 4, 1, 4), sizes=((19, 24), (3, 9)), fields={"margin": 4}),
    Scenario(
        name="two layers, odd sizes, even margin, full range",
        grid=(1, 2, 4, 2, 4),
        sizes=((11, 15), (7, 12), (3, 5)),
        fields={"init_range": 128, "margin": 4, "window": [9], "learning_rate": [0.9, 0.8]},
    ),
    Scenario(
        name="gated hidden layer, saturation, hyperbola",
        grid=(3, 1, 4, 1, 4),
        sizes=((9, 12), (7, 11), (3, 6)),
        fields={
            "activation": ["gate"],
            "gate": lambda r: [r.randint(-3, 3)],
            "window": [3],
            "margin": 6,
            "init_range": 128,
            "learning_rate": [0.9, 0.7],
            "metaplasticity": [2.8, 3.2],
            "saturation": [1.6, 4.0],
            "metaplastic_function": ["hyperbola", "hyperbola"],
        },
    ),
    Scenario(
        name="three layers, two folds, some relaxation",
        grid=(1, 2, 4, 2, 4),
        sizes=((11, 16), (7, 13), (4, 8), (2, 5)),
        fields={
            "relax_rate": lambda r: [r.randint(1000, 40000) for _ in range(3)],
            "margin": 2,
            "window": [6, 4],
            "init_range": 20,
            "relax_floor": lambda r: r.randint(1, 9),
        },
    ),
    Scenario(
        name="four layers, K 16",
        grid=(1, 2, 16, 1, 4),
        sizes=((25, 32), (9, 14), (5, 9), (6, 9), (3, 10)),
        fields={"margin": 2, "window": [12, 8, 8], "init_range": 128},
    ),
    Scenario(
        name="four layers, three folds, mixed activations, always relaxing",
        grid=(1, 1, 4, 3, 4),
        sizes=((9, 12), (5, 8), (4, 6), (3, 5), (3, 4)),
        fields={
            "activation": ["gate", "sign", "gate"],
            "gate": lambda r: [r.randint(-2, 2), 0, r.randint(-2, 1)],
            "relax_rate": [65536, 65536, 65536, 65536],
            "margin": 2,
            "window": [20, 20, 20],
            "init_range": 60,
        },
    ),
    Scenario(
        name="tables that never step, dark images, negative sums",
        grid=(2, 2, 4, 1, 4),
        sizes=((12, 16), (7, 12), (2, 2)),
        fields={
            "learning_rate": [0.0, 0.0],
            "margin": 4,
            "window": [4],
            "init_range": 4,
            "relax_rate": _rates(300, 20000),
        },
        ones=0.08,
    ),
    Scenario(
        name="tables that always step",
        grid=(1, 2, 8, 1, 4),
        sizes=((12, 16), (8, 13), (3, 5)),
        fields={"learning_rate": [1.0, 2.0], "metaplasticity": [0.0, 0.0], "margin": 8, "window": [5]},
    ),
    Scenario(
        name="weights at both rails, no metaplasticity",
        grid=(2, 1, 16, 1, 2),
        sizes=((27, 32), (9, 13), (4, 6)),
        fields={"learning_rate": [1.0, 0.7], "metaplasticity": [0.0, 0.0], "margin": 12, "window": [10]},
        rails=True,
    ),
    Scenario(
        name="margin and windows at their ends",
        grid=(1, 2, 4, 2, 2),
        sizes=((11, 16), (7, 9), (5, 8), (2, 3)),
        fields={
            "margin": 32767,
            "window": [1023, 0],
            "gate": [0, 0],
            "activation": ["sign", "gate"],
            "init_range": 40,
        },
    ),
    Scenario(
        name="gates at their ends, the smallest margin",
        grid=(2, 2, 4, 1, 1),
        sizes=((13, 16), (7, 12), (8, 13), (3, 4)),
        fields={"margin": -32768, "window": [1023, 1023], "gate": [-1023, 1023], "activation": ["gate", "gate"]},
    ),
    Scenario(
        name="one cell, many folds, more outputs than K",
        grid=(1, 1, 8, 5, 4),
        sizes=((33, 40), (7, 10), (9, 12)),
        fields={"margin": 2, "window": [8], "relax_rate": [500, 65536], "relax_floor": 127, "init_range": 128},
    ),
    Scenario(
        name="every column and row in use, K 16 without slices",
        grid=(1, 2, 16, 1, 1),
        sizes=((32, 32), (14, 20), (5, 5)),
        fields={"margin": 2, "window": [12], "init_range": 100, "relax_rate": [6000, 600], "relax_floor": 30},
        spare_rows=0,
    ),
    Scenario(
        name="memories with one port, a single cell, many folds",
        grid=(1, 1, 8, 6, 4),
        memory_ports=1,
        sizes=((41, 48), (9, 14), (7, 10), (3, 6)),
        fields={"margin": 4, "window": [9, 7], "relax_rate": [9000, 300, 65536], "relax_floor": 3, "init_range": 90},
    ),
    Scenario(
        name="one layer, two folds, rails, some relaxation, no step toward zero",
        grid=(2, 1, 4, 2, 4),
        sizes=((12, 16), (3, 6)),
        fields={"margin": 4, "relax_rate": [20000], "metaplasticity": [1e6], "learning_rate": [0.6], "relax_floor": 60},
        rails=True,
    ),
    Scenario(
        name="one layer, three folds, K 16, always relaxing, rails",
        grid=(1, 1, 16, 3, 4),
        sizes=((33, 48), (3, 6)),
        fields={"margin": 2, "relax_rate": [65536], "metaplasticity": [0.0], "learning_rate": [0.6]},
        rails=True,
    ),
    Scenario(
        name="four layers, two folds, K 8, some relaxation, no steps toward zero in two",
        grid=(1, 2, 8, 2, 2),
        sizes=((22, 32), (9, 14), (5, 9), (4, 7), (3, 5)),
        fields={
            "margin": 2,
            "window": [12, 8, 8],
            "relax_rate": [9000, 20000, 9000, 20000],
            "metaplasticity": [1e6, 2.2, 1e6, 1e6],
            "init_range": 100,
        },
    ),
    Scenario(
        name="three layers, one fold, rails, rare relaxation",
        grid=(2, 2, 8, 1, 4),
        sizes=((22, 32), (9, 14), (5, 9), (3, 5)),
        fields={"margin": 4, "window": [9, 6], "relax_rate": [300, 9000, 9000], "learning_rate": [0.7, 0.6, 0.5]},
        rails=True,
    ),
    Scenario(
        name="a band with scaling, even and odd sums",
        grid=(1, 2, 16, 1, 4),
        sizes=((26, 32), (15, 20), (3, 6)),
        fields={
            "activation": ["band"],
            "gate": lambda r: [r.randint(3, 9)],
            "scaling": ["root"],
            "window": lambda r: [r.randint(2, 5)],
            "margin": 6,
            "init_range": 128,
            "learning_rate": [0.9, 0.7],
        },
    ),
    Scenario(
        name="four layers, bands and gates, scaled and not",
        grid=(1, 2, 8, 2, 2),
        sizes=((24, 32), (15, 20), (10, 14), (8, 11), (3, 5)),
        fields={
            "activation": lambda r: r.choice((["band", "gate", "band"], ["band", "band", "sign"])),
            "gate": lambda r: [r.randint(2, 6), r.randint(0, 3), 0],
            "scaling": ["root", "root", "root"],
            "window": [4, 5, 9],
            "margin": 2,
            "init_range": 60,
            "relax_rate": [3000, 0, 300, 0],
        },
    ),
    Scenario(
        name="three layers, bands around the mean, windows beyond it",
        grid=(2, 1, 8, 2, 1),
        sizes=((21, 32), (9, 14), (7, 12), (2, 4)),
        fields={
            "activation": ["band", "band"],
            "gate": lambda r: [r.randint(-2, 2), 1],
            "scaling": ["none", "root"],
            "window": lambda r: [r.randint(0, 9), 3],
            "margin": 4,
            "init_range": 90,
        },
    ),
    Scenario(
        name="a band on memories with one port, half a word at a time",
        grid=(1, 1, 8, 4, 4),
        sizes=((24, 32), (9, 13), (6, 11), (3, 5)),
        fields={
            "activation": ["band", "sign"],
            "gate": lambda r: [r.randint(2, 6), 0],
            "scaling": ["root", "root"],
            "window": [4, 5],
            "margin": 4,
            "init_range": 70,
        },
        memory_ports=1,
    ),
)
