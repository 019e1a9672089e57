"""How the cost of a training sample grows with neurons, layers and folds: small simulated boards against the formula."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.learning import Pass, learn
from sw.figures import growth as picture
from sw.figures import style
from sw.host import boards
from sw.host.checkpoint import Checkpoint
from sw.host.commands.speech import say

SAMPLES = 300
SEED = 1
COLUMNS = 128
CLASSES = 10
COST = "sw.contract.cost"
PICTURE = Path("results/bench-growth")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One network on one board: what varies, its value, measured and expected cycles per training sample."""

    varied: str
    value: int
    network: Network
    geometry: Geometry
    measured: float
    expected: float | None


def board(folds: int) -> Geometry:
    """128 columns, 256 rows, in `folds` folds: the fewer cells, the more folds."""
    return Geometry(
        columns=COLUMNS, rows=256, grid_height=2, grid_width=4 // folds, synapses_per_cell=16, folds=folds
    )


def plans() -> Iterator[tuple[str, int, Network, Geometry]]:
    """What is varied, its value, the network, the board."""
    for neurons in (8, 16, 32, 64, 128):
        yield "neurons", neurons, Network.of(layers=(COLUMNS, neurons, CLASSES)), board(1)
    for depth in (1, 2, 3, 4):
        yield "layers", depth, Network.of(layers=(COLUMNS, *[32] * (depth - 1), CLASSES)), board(1)
    for folds in (1, 2, 4):
        yield "folds", folds, Network.of(layers=(COLUMNS, 64, CLASSES)), board(folds)


def growth() -> Entries:
    """One line for each point, a table on the terminal and a picture."""
    points = list(measure())
    show(points)
    groups = {name: [(p.value, p.measured, p.expected) for p in points if p.varied == name] for name in _varied(points)}
    style.save(picture.draw(groups), PICTURE)
    return {
        f"cycles_per_sample_{p.varied}_{p.value}": Entry(
            value=p.measured,
            unit="cycles/training sample",
            bound=p.expected,
            bound_is="the formula of the documentation" if p.expected else "no formula yet",
            command=command_of("growth"),
        )
        for p in points
    }


def measure() -> Iterator[Point]:
    """Every plan, trained on random samples; each board is opened once."""
    opened: tuple[Geometry, Any] | None = None
    try:
        for varied, value, network, geometry in plans():
            if opened is None or opened[0] != geometry:
                if opened is not None:
                    opened[1].close()
                opened = geometry, boards.find("sim", geometry=geometry).open(say)
            random = np.random.default_rng(SEED)
            pixels = random.integers(0, 2, (SAMPLES, COLUMNS), dtype=np.uint8)
            labels = random.integers(0, CLASSES, SAMPLES)
            trained = learn(opened[1], Checkpoint.initial(network), pixels, labels, f"{varied} {value}")
            yield Point(
                varied=varied,
                value=value,
                network=network,
                geometry=geometry,
                measured=trained.cycles_per_sample or 0.0,
                expected=expected_cycles(network, geometry, trained),
            )
    finally:
        if opened is not None:
            opened[1].close()


def expected_cycles(network: Network, geometry: Geometry, trained: Pass) -> float | None:
    """The formula of the documentation, or None where there is none.

    `sw.contract.cost.cycles_per_sample(network, geometry, learned=…, rows_learned=…)`; the last two are the share of
    samples with an error and the rows that a LEARN or RELAX touched, per sample.
    """
    try:
        formula = importlib.import_module(COST).cycles_per_sample
    except (ModuleNotFoundError, AttributeError):
        return None
    counts = {name: trained.counters[name] / trained.samples for name in ("learned", "rows_learned")}
    return float(formula(network, geometry, **counts))


def show(points: list[Point]) -> None:
    """The table."""
    table = Table("varied", "value", "network", "folds", "cycles/sample", "formula", "measured/formula")
    for p in points:
        expected = "-" if p.expected is None else f"{p.expected:.1f}"
        ratio = f"{p.measured / p.expected:.3f}" if p.expected else "-"
        layers = "-".join(map(str, p.network.layers))
        table.add_row(p.varied, str(p.value), layers, str(p.geometry.folds), f"{p.measured:.1f}", expected, ratio)
    Console().print(table)


def _varied(points: list[Point]) -> list[str]:
    return list(dict.fromkeys(p.varied for p in points))
