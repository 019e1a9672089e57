"""How the cost of a sample changes with neurons, layers, folds and groups: small simulated boards against the formula."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from sw.contract.cost import forward_cost
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.learning import learn, learn_from_memory, since, working
from sw.figures import growth as picture
from sw.figures import style
from sw.host import known_boards, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.learning_device import LearningDevice, Predictions
from sw.terminal.speech import say, tell_table

SAMPLES = 300
SEED = 1
COLUMNS = 128
ROWS = 256
CLASSES = 10
PICTURE = Path("results/bench-growth")
ACROSS = {
    "neurons": "neurons of the hidden layer",
    "layers": "weight layers",
    "folds": "folds of a row",
    "group": "samples of a group",
}
EXACT = "the formula (sw.contract.cost), exact"
FULL_GROUPS = "the formula (sw.contract.cost) of full groups: the first and the last sample may be alone"


@dataclass(frozen=True, kw_only=True)
class Point:
    """One network on one board: what varies, its value, cycles per sample."""

    varied: str
    value: int
    network: Network
    geometry: Geometry
    inference: float
    training: float

    @property
    def formula(self) -> float:
        """Of inference, in full groups. Training adds what the data make it learn."""
        samples = self.geometry.group if self.network.depth > 1 else 1
        return forward_cost(self.network, self.geometry, samples).total / samples


def board(folds: int, group: int = 1) -> Geometry:
    """128 columns, 256 rows, in `folds` folds: the fewer cells, the more folds. Samples of a group: `group`."""
    width = 4 // folds
    return Geometry(columns=COLUMNS, rows=ROWS, grid_height=2, grid_width=width, synapses_per_cell=16, folds=folds, group=group)


def plans() -> Iterator[tuple[str, int, Network, Geometry]]:
    """What is varied, its value, the network, the board."""
    for neurons in (8, 16, 32, 64, 128):
        yield "neurons", neurons, Network.of(layers=(COLUMNS, neurons, CLASSES)), board(1)
    for depth in (1, 2, 3, 4):
        yield "layers", depth, Network.of(layers=(COLUMNS, *[32] * (depth - 1), CLASSES)), board(1)
    for folds in (1, 2, 4):
        yield "folds", folds, Network.of(layers=(COLUMNS, 64, CLASSES)), board(folds)
    for group in (1, 2, 4, 8):
        yield "group", group, Network.of(layers=(COLUMNS, 128, CLASSES)), board(1, group)


def growth() -> Entries:
    """Two lines for each point, a table on the terminal and a picture."""
    points = list(measure())
    show(points)
    style.save(picture.draw([panel(points, varied) for varied in ACROSS]), PICTURE)
    entries: Entries = {}
    for p in points:
        for name, value, bound_is in (
            ("inference", p.inference, EXACT if p.geometry.group == 1 else FULL_GROUPS),
            ("training_sample", p.training, "the formula of inference: learning comes on top"),
        ):
            entries[f"cycles_per_{name}_{p.varied}_{p.value}"] = Entry(
                value=value, unit="cycles", bound=p.formula, bound_is=bound_is, command=command_of("growth")
            )
    return entries


def measure() -> Iterator[Point]:
    """Every plan, on random samples, trained and then inferred. Neighbours in `plans` share a board."""
    for geometry, group in itertools.groupby(plans(), key=lambda plan: plan[3]):
        with known_boards.find("sim", geometry=geometry).open(say) as device:
            for varied, value, network, _ in group:
                random = np.random.default_rng(SEED)
                pixels = random.integers(0, 2, (SAMPLES, COLUMNS), dtype=np.uint8)
                start, labels = Checkpoint.initial(network), random.integers(0, CLASSES, SAMPLES)
                # Only out of the sample memory do samples come so fast that groups are full.
                of_groups = varied == "group"
                trained = (learn_from_memory if of_groups else learn)(device, start, pixels, labels, f"{varied} {value}")
                memory = device.memory if of_groups else None
                batches = streaming.infer(device, pixels) if memory is None else memory.recite(0, SAMPLES, train=False)
                yield Point(
                    varied=varied,
                    value=value,
                    network=network,
                    geometry=geometry,
                    inference=inference_cycles(device, batches),
                    training=trained.cycles_per_sample or 0.0,
                )


def inference_cycles(device: LearningDevice, batches: Iterator[Predictions]) -> float:
    """Cycles per sample that is inferred for `batches`, without the wait for samples."""
    before = device.counters()
    inferred = sum(map(len, batches))
    return sum(working(since(before, device.counters())).values()) / inferred


def show(points: list[Point]) -> None:
    """The table."""
    table = Table("varied", "value", "network", "folds", "inference", "formula", "training")
    for p in points:
        layers = "-".join(map(str, p.network.layers))
        cycles = (f"{p.inference:.1f}", f"{p.formula:g}", f"{p.training:.1f}")
        table.add_row(p.varied, str(p.value), layers, str(p.geometry.folds), *cycles)
    tell_table(table)


def panel(points: list[Point], varied: str) -> picture.Panel:
    """The points of one thing that was varied."""
    chosen = [p for p in points if p.varied == varied]
    return picture.Panel(
        title=varied.capitalize(),
        across=ACROSS[varied],
        up="cycles per sample",
        measured={
            "inference": [(p.value, p.inference) for p in chosen],
            "training": [(p.value, p.training) for p in chosen],
        },
        formula=[(p.value, p.formula) for p in chosen],
    )
