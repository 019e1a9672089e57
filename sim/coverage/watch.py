"""What a training sample hits, from its trace in the twin and the state before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.coverage.collector import Collector
from sw.contract import prng
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.scaling import STEP
from sw.twin.trace import Trace

Integers = NDArray[np.int64]
SIGNS = {1: "+", -1: "-"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row with an error and its draw. `layer` counts from 0; `d` is its error."""

    layer: int
    neuron: int
    d: int
    toward: int
    away: int
    relaxes: bool


class Watch:
    """Hits of one network on one geometry, counted in `collector`."""

    def __init__(self, collector: Collector, geometry: Geometry, network: Network) -> None:
        self.collector, self.geometry, self.network = collector, geometry, network
        self.tables = [network.table(layer) for layer in range(network.depth)]

    def sample(self, pixels: NDArray, label: int, weights: list[NDArray], word: int, trace: Trace) -> None:
        """A training sample: its image (n_0,) and label, the weights and the random word before it, what it computed."""
        hit, depth = self.collector.hit, self.network.depth
        outcome = "learned" if trace.learned[0] else "skipped"
        folds = _folds(self.geometry.folds)
        hit("sample", str(depth), folds, outcome)
        lit = int(pixels.sum())
        hit("image", "none" if not lit else "all" if lit == len(pixels) else "some", outcome)
        if trace.learned[0]:
            hit("memory", str(self.geometry.memory_ports), folds, str(self.geometry.synapses_per_cell))
        activations = [a[0].astype(np.int64) for a in trace.pre_activations]
        self._scores(activations[-1], label)
        inputs = [pixels.astype(np.int64)]
        for i in range(depth - 1):
            inputs.append(self._hidden(i, activations[i], int(trace.means[i][0]), np.count_nonzero(inputs[i])))
        errors = [d[0].astype(np.int64) for d in trace.d]
        if trace.learned[0]:
            for i in range(depth - 1):
                valid = np.count_nonzero(inputs[i])
                self._window(i, activations[i], int(trace.means[i][0]), errors[i + 1], weights[i + 1], valid)
        for row in self._rows(errors, word):
            self._row(row, weights[row.layer][row.neuron].astype(np.int64), inputs[row.layer])

    def _scores(self, z: Integers, label: int) -> None:
        rivals = np.delete(z, label)
        distance = int(z[label] - rivals.max()) - self.network.margin
        if abs(distance) <= 2 and distance % 2 == 0:
            names = {-2: "2 below", 0: "equal", 2: "2 above"}
            self.collector.hit("margin", names[distance], "1" if self.network.depth == 1 else "more")
        if (z == z.max()).sum() > 1:
            self.collector.hit("tie", "the largest", "among them" if z[label] == z.max() else "not")
        if (rivals == rivals.max()).sum() > 1:
            self.collector.hit("tie", "rivals", "not")

    def _hidden(self, layer: int, a: Integers, mean: int, valid: int) -> Integers:
        """The ternary inputs that a hidden layer gives to the next one."""
        mode = self.network.activation[layer]
        away, gate = self._away(layer, a - mean), self._bounds(layer, valid)[0]
        self.collector.hit("activation", mode, "equal", count=int((away == gate).sum()))
        # pre-activations of a layer are all odd or all even: the nearest below is one or two away
        self.collector.hit("activation", mode, "just below", count=int(((away < gate) & (away >= gate - 2)).sum()))
        total = int(a.sum())
        self.collector.hit("mean", "below 0" if total < 0 else "0 or above", "some" if total % len(a) else "none")
        return np.where(away >= gate, 1, -1 if mode == "sign" else 0)

    def _away(self, layer: int, distance: Integers) -> Integers:
        return np.abs(distance) if self.network.activation[layer] == "band" else distance

    def _bounds(self, layer: int, valid: int) -> tuple[int, int]:
        return self.network.bounds(layer)[valid // STEP]

    def _window(self, layer: int, a: Integers, mean: int, d: Integers, after: NDArray, valid: int) -> None:
        g = d @ np.where(after >= 0, 1, -1)
        gate, window = self._bounds(layer, valid)
        away = self._away(layer, a - mean) - gate
        beyond = np.abs(away) - window
        for name, near in (("at the edge", beyond == 0), ("1 or 2 beyond", (beyond > 0) & (beyond <= 2))):
            for side, on_it in (("below", away < 0), ("above", away > 0)):
                for value, is_so in (("0", g == 0), ("not 0", g != 0)):
                    self.collector.hit("window", name, side, value, count=int((near & on_it & is_so).sum()))

    def _rows(self, errors: list[Integers], word: int) -> Iterator[Row]:
        """The rows with an error in the order of their draws."""
        for layer in reversed(range(self.network.depth)):
            for neuron in np.flatnonzero(errors[layer]):
                word = prng.step(word)
                toward, away = self.tables[layer][word >> 24]
                relaxes = (word & 0xFFFF) < self.network.relax_rate[layer]
                d = int(errors[layer][neuron])
                yield Row(layer=layer, neuron=int(neuron), d=d, toward=toward, away=away, relaxes=relaxes)

    def _row(self, row: Row, q: Integers, inputs: Integers) -> None:
        hit, rate = self.collector.hit, self.network.relax_rate[row.layer]
        draw = "relaxes" if row.relaxes else "does not"
        hit("relaxation", str(self.network.depth), "0" if not rate else "always" if rate > 0xFFFF else "rare", draw)
        layer, neurons = _place(row.layer, self.network.depth), self.network.layers[row.layer + 1]
        hit("row", layer, _edge(row.neuron, neurons), SIGNS[row.d])
        hit("draw", layer, "both" if row.toward else "away" if row.away else "none", draw)
        before = q
        level = np.where(q >= 0, q, -1 - q)
        if row.relaxes:
            for name, value in (("equal", self.network.relax_floor), ("below", self.network.relax_floor - 1)):
                for sign, has_it in (("+", q >= 0), ("-", q < 0)):
                    for valid, is_so in (("valid", inputs != 0), ("not valid", inputs == 0)):
                        hit("floor", name, sign, valid, count=int(((level == value) & has_it & is_so).sum()))
            q = np.where(level >= self.network.relax_floor, np.where(q >= 0, q - 1, q + 1), q)
            level = np.where(q >= 0, q, -1 - q)
        step = row.d * inputs
        toward = step * np.where(q >= 0, 1, -1) < 0
        for name, is_so, theta in (("toward", toward, row.toward), ("away", ~toward, row.away)):
            valid = (inputs != 0) & is_so
            for end in (127, -128):
                for moves, is_below in (("yes", level < theta), ("no", level >= theta)):
                    hit("rail", str(end), name, moves, draw, count=int((valid & (before == end) & is_below).sum()))
            for relation, value in (("below", theta - 1), ("equal", theta)):
                for sign, has_it in (("+", q >= 0), ("-", q < 0)):
                    hit("threshold", relation, name, sign, count=int((valid & has_it & (level == value)).sum()))


def _folds(folds: int) -> str:
    return str(folds) if folds < 3 else "more"


def _place(layer: int, depth: int) -> str:
    if depth == 1:
        return "only"
    return "first" if layer == 0 else "last" if layer == depth - 1 else "middle"


def _edge(neuron: int, neurons: int) -> str:
    return "first" if neuron == 0 else "last" if neuron == neurons - 1 else "inner"
