"""Watches the engine inside a simulation and holds it against the twin, sample by sample."""

from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from sim.coverage.collector import Collector
from sim.coverage.watch import Watch
from sim.drivers.bench import BUILD
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.scaling import STEP
from sw.twin.engine import Trace, Twin


class EngineObserver:
    """Collects what the engine computes and compares it with a twin, bit for bit.

    `engine` is the simulator's handle of `hw.engine.Engine` with its array of plain cells. The forward pass of a sample
    is compared when its last sum has left the array; at that moment everything of the sample before it must be done, and
    is compared too: errors, draws, random word and every weight. So samples may follow each other without a pause.

    What was met on the way is counted in `coverage`, and written to build/coverage under the name of the bench.
    """

    def __init__(self, engine: Any, clock: Any, geometry: Geometry, network: Network, twin: Twin) -> None:
        self.engine, self.clock = engine, clock
        self.geometry, self.network, self.twin = geometry, network, twin
        self.matches: list[int] = []
        self.means: list[int] = []
        self.draws: list[tuple[int, int, int]] = []  # layer, neuron, sign of its error
        self.announced: deque[tuple[np.ndarray, int]] = deque()
        self.computed: Trace | None = None
        self.compared = self.learned = 0
        self.outcomes: list[str] = []
        self.coverage = Collector()
        self.watch = Watch(self.coverage, geometry, network)
        for watch in (self._watch_means, self._watch_draws, self._watch_sums, self._watch_predictions):
            cocotb.start_soon(watch())

    def announce(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Say which training samples the engine will compute."""
        self.announced.extend((image, int(label)) for image, label in zip(pixels, labels, strict=True))

    def finish(self) -> None:
        """Compare the last sample; call when the engine is idle."""
        assert not self.announced and not self.matches, f"{len(self.announced)} samples have not been computed"
        self._compare_learning()
        self.computed = None
        self.coverage.write(BUILD.parent / "coverage" / f"{Path.cwd().name}.json")  # a bench runs in a folder of its name

    def weights(self) -> list[np.ndarray]:
        """Every weight of the network, read from the cells' memories."""
        g = self.geometry
        cells = [getattr(self.engine.array, f"cell_{i}") for i in range(g.cells)]
        memories = [[getattr(cell, f"weights_{s}") for s in range(g.slices)] for cell in cells]
        words = [
            int(memory[row * g.folds + fold].value).to_bytes(g.lanes, "little")
            for row in range(self.network.row_count)
            for fold in range(g.folds)
            for cell in memories
            for memory in cell
        ]
        table = np.frombuffer(b"".join(words), np.int8).reshape(self.network.row_count, g.columns)
        layers = zip(self.network.first_rows, self.network.shapes, strict=True)
        return [table[first : first + neurons, :fan_in] for first, (neurons, fan_in) in layers]

    async def _each_cycle_of(self, signal: Any) -> AsyncIterator[None]:
        """Every clock edge at which `signal` is high; asleep in between, because benches idle most of their time."""
        while True:
            await signal.rising_edge
            await self.clock.rising_edge
            while signal.value == 1:
                yield
                await self.clock.rising_edge

    async def _watch_means(self) -> None:
        normalise = self.engine.normalise
        mean = normalise.mean if self.geometry.group == 1 else normalise.sums
        async for _ in self._each_cycle_of(mean.done):
            self.means.append(int(mean.quotient.value))

    async def _watch_draws(self) -> None:
        draw = self.engine.draw
        spare = len(draw.items__payload) - 3  # active, negative, last
        async for _ in self._each_cycle_of(draw.drawn):
            item = int(draw.items__payload.value)
            sign = -1 if item >> (spare + 1) & 1 else 1
            self.draws.append((int(draw.settings__layer.value), item & ((1 << spare) - 1), sign))

    async def _watch_sums(self) -> None:
        fold_sum = self.engine.fold_sum
        async for _ in self._each_cycle_of(fold_sum.row__valid):
            self.matches.append(int(fold_sum.row__matches.value))
            if len(self.matches) == self.network.row_count:
                self._compare_sample()

    def _compare_sample(self) -> None:
        """The last sum of a sample has left: all of the sample before is done, and its own forward pass."""
        if self.computed is not None:
            self._compare_learning()
        pixels, label = self.announced.popleft()
        weights, word = self.twin.weights(), self.twin.prng()
        self.computed = self.twin.step(pixels, label)
        self.watch.sample(pixels, label, weights, word, self.computed)
        self.outcomes.append("learned" if self.computed.learned[0] else "skipped")
        self._compare_forward(pixels, self.computed)
        self.matches, self.means, self.draws = [], [], []

    async def _watch_predictions(self) -> None:
        told, waits = 0, "goes at once"
        async for _ in self._each_cycle_of(self.engine.link__prediction__valid):
            if self.engine.link__prediction__ready.value == 0:
                waits = "waits"
            else:
                self.coverage.hit("stall", waits, self.outcomes[told])
                told, waits = told + 1, "goes at once"

    def _compare_forward(self, pixels: np.ndarray, trace: Trace) -> None:
        network, where = self.network, f"sample {self.compared}"
        valid = int(pixels.sum())
        for i, neurons in enumerate(network.layers[1:]):
            first = network.first_rows[i]
            a = 2 * np.array(self.matches[first : first + neurons]) - valid
            np.testing.assert_array_equal(a, trace.pre_activations[i][0], f"{where}: pre-activations of layer {i + 1}")
            if i < network.depth - 1:
                mean = int(trace.means[i][0])
                assert self.means[i] - valid == mean, f"{where}: the mean of layer {i + 1}"
                away, (gate, _) = a - mean, network.bounds(i)[valid // STEP]
                away = np.abs(away) if network.activation[i] == "band" else away
                valid = neurons if network.activation[i] == "sign" else int((away >= gate).sum())

    def _compare_learning(self) -> None:
        assert self.computed is not None
        where, trace = f"sample {self.compared}", self.computed
        expected = [
            (i, int(neuron), int(trace.d[i][0][neuron]))
            for i in reversed(range(self.network.depth))
            for neuron in np.flatnonzero(trace.d[i][0])
        ]
        assert self.draws == expected, f"{where}: errors, in the order of their draws"
        assert int(self.engine.draw.prng.value) == int(trace.prng[0]), f"{where}: the random word"
        for i, (found, right) in enumerate(zip(self.weights(), self.twin.weights(), strict=True)):
            np.testing.assert_array_equal(found, right, f"{where}: hidden weights of layer {i + 1}")
        self.learned += bool(trace.learned[0])
        self.compared += 1
