"""Normalise: mean, activation and window of layers of every size, with negative means and gates at both ends."""

from typing import Any

import cocotb
import pytest

from hw.forward.normalise import Normalise, activation_layout
from hw.layouts import layer_layout
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Stalls, cycles
from sw.contract.cost import FOLD_SUM_DELAY, ISSUE_DELAY, array_latency, division_cycles
from sw.contract.geometry import Geometry

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 3, 4, 2, 4, 60),
    (1, 2, 8, 1, 1, 20),
    (1, 1, 16, 3, 4, 30),
    (2, 2, 16, 10, 4, 50),
)
PIPELINE = 7  # cycles beside the division's, from the last sum to the first word


def activations(matches: list[int], valid: int, gated: bool, gate: int, window: int, k: int) -> tuple[list, list]:
    """(valid, negative, last) and the near flags of K neurons each (clauses 4, 5 and 8)."""
    a = [2 * m - valid for m in matches]
    mean = sum(a) // len(a)  # // floors
    words, nears = [], []
    for first in range(0, len(a), k):
        group = a[first : first + k]
        fires = [x >= mean + gate for x in group]
        valids = sum(bool(fire or not gated) << i for i, fire in enumerate(fires))
        negative = sum((not fire and not gated) << i for i, fire in enumerate(fires))
        near = sum((abs(x - mean - gate) <= window) << i for i, x in enumerate(group))
        words.append((valids, negative & valids, int(first + k >= len(a))))
        nears.append(near)
    return words, nears


def sums(random, geometry: Geometry, neurons: int) -> list[int]:
    """Matches of one layer, of a random kind: spread, narrow around some mean, all equal, at both ends."""
    columns = geometry.columns
    middle = random.randrange(columns + 1)
    kind = random.randrange(4)
    if kind == 0:
        return [random.randrange(columns + 1) for _ in range(neurons)]
    if kind == 1:
        return [min(max(middle + random.randrange(-2, 3), 0), columns) for _ in range(neurons)]
    if kind == 2:
        return [random.choice((0, columns, middle))] * neurons
    return [random.choice((0, columns)) for _ in range(neurons)]


class Layers:
    """Sends layers, one after another, and says what must come."""

    def __init__(self, dut, random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        self.layout = activation_layout(geometry)
        self.near: list[tuple[int, int, int]] = []  # layer, word, flags
        dut.control__start.value = dut.row__valid.value = 0
        cocotb.start_soon(self._watch_near())

    async def _watch_near(self) -> None:
        dut = self.dut
        while True:
            await dut.clk.rising_edge
            if dut.near__valid.value == 1:
                assert dut.control__near_busy.value == 1
                self.near.append((int(dut.near__layer.value), int(dut.near__word.value), int(dut.near__flags.value)))

    async def expect_near(self, nears: list[int], index: int, train: bool) -> None:
        """The flags of the layer whose activations have just been taken, if the sample is one to train with."""
        for _ in range(2 * len(nears) + 6):
            await self.dut.clk.rising_edge
        assert self.dut.control__near_busy.value == 0
        assert self.near == [(index, word, flags) for word, flags in enumerate(nears) if train]
        self.near.clear()

    def draw(self, neurons: int | None = None) -> tuple[list[int], list[tuple[int, ...]], list[int], int]:
        """A layer of `neurons`, or of some: sets its registers, returns its sums, activations, near flags, q = mean + valid."""
        random, g = self.random, self.geometry
        most = min(g.columns, g.rows)
        some = random.choice((1, 2, g.synapses_per_cell, g.synapses_per_cell + 1, most, random.randrange(1, most + 1)))
        matches = sums(random, g, min(neurons or some, most))
        gated = random.random() < 0.5
        spread = 2 * (max(matches) - min(matches))
        gate = random.choice((0, 1, -1, 1023, -1023, random.randrange(-spread - 1, spread + 2))) if gated else 0
        gate = min(max(gate, -1023), 1023)
        window = min(random.choice((0, 1, 2, 1023, random.randrange(spread + 2))), 1023)
        valid = random.randrange(max(matches), g.columns + 1)  # of the inputs; it cancels, and makes sums negative
        fields = {"neurons": len(matches), "gated": gated, "gate": gate, "window": window}
        self.dut.control__layer.value = layer_layout(g).const(fields).as_bits()
        words, nears = activations(matches, valid, gated, gate, window, g.synapses_per_cell)
        return matches, words, nears, 2 * sum(matches) // len(matches)

    async def send(self, matches: list[int], stalls, index: int = 0, train: bool = True) -> None:
        """`start`, then the sums; returns in the cycle of the last one. What is taken at `start` changes afterwards."""
        dut, random = self.dut, self.random
        dut.control__start.value, dut.control__index.value, dut.control__train.value = 1, index, int(train)
        await dut.clk.rising_edge
        dut.control__start.value = 0
        dut.control__layer.value = random.getrandbits(len(dut.control__layer))
        dut.control__index.value, dut.control__train.value = random.randrange(3), int(not train)
        for value in matches:
            while stalls():
                dut.row__valid.value, dut.row__matches.value = 0, self.random.getrandbits(len(dut.row__matches))
                await dut.clk.rising_edge
            dut.row__valid.value, dut.row__matches.value = 1, value
            await dut.clk.rising_edge
        dut.row__valid.value = 0

    def fields(self, payload: int) -> tuple[int, ...]:
        """An offer as `activations` gives it; the signs of columns that are not valid don't matter."""
        found: Any = self.layout.from_bits(payload)
        return found.valid, found.negative & found.valid, found.last


@cocotb.test()
async def layers_of_every_size_are_normalised_exactly(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    layers = Layers(dut, random, geometry)
    sink = Sink(dut, "control__activations", random)
    for _ in range(45):
        matches, words, nears, quotient = layers.draw()
        index, train = random.randrange(3), random.random() < 0.8
        for _ in range(random.choice((0, 0, 3))):  # of another layer: without start they don't count
            dut.row__valid.value, dut.row__matches.value = 1, random.getrandbits(len(dut.row__matches))
            await dut.clk.rising_edge
        dut.row__valid.value = 0
        await layers.send(matches, Stalls(random), index, train)
        for _ in range(random.choice((0, 0, 3))):  # nor do sums after the layer's last
            dut.row__valid.value, dut.row__matches.value = 1, random.getrandbits(len(dut.row__matches))
            await dut.clk.rising_edge
        dut.row__valid.value = 0
        found = [layers.fields(payload) for payload in await sink.take(len(words), cycles=3000)]
        assert found == words, f"matches {matches}"
        assert int(dut.mean.quotient.value) == quotient
        await layers.expect_near(nears, index, train)
    await cycles(dut, 60)
    assert not sink.received


@cocotb.test()
async def the_first_word_comes_in_time_and_then_one_in_every_cycle(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    layers = Layers(dut, random, geometry)
    dut.control__activations__ready.value = 1
    for _ in range(8):
        matches, words, nears, _ = layers.draw()
        await layers.send(matches, Stalls(random, 0.0))
        waited = 0
        while not waited or dut.control__activations__valid.value == 0:
            await dut.clk.rising_edge
            waited += 1
            assert waited < 100, "no word comes"
        assert waited == division_cycles(geometry) + PIPELINE
        for word in words:
            assert dut.control__activations__valid.value == 1
            assert layers.fields(int(dut.control__activations__payload.value)) == word
            await dut.clk.rising_edge
        assert dut.control__activations__valid.value == 0
        await layers.expect_near(nears, 0, True)


@cocotb.test()
async def a_narrow_layer_may_be_summed_while_the_windows_of_a_wide_one_are_looked_at(dut):
    """Its sums come as early as the array can give them, and its mean then waits for the pass before it."""
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    layers = Layers(dut, random, geometry)
    sink = Sink(dut, "control__activations", random, 0.0)
    most = min(geometry.columns, geometry.rows)
    for narrow in (1, 2, 1, 3):
        matches, words, nears, _ = layers.draw(most)
        await layers.send(matches, Stalls(random, 0.0), 0)
        assert [layers.fields(payload) for payload in await sink.take(len(words), cycles=3000)] == words
        matches, words, more, quotient = layers.draw(narrow)
        dut.control__start.value, dut.control__index.value, dut.control__train.value = 1, 1, 1
        await dut.clk.rising_edge
        dut.control__start.value = 0
        await cycles(dut, array_latency(geometry) + ISSUE_DELAY + FOLD_SUM_DELAY)
        for value in matches:
            dut.row__valid.value, dut.row__matches.value = 1, value
            await dut.clk.rising_edge
        dut.row__valid.value = 0
        assert [layers.fields(payload) for payload in await sink.take(len(words), cycles=3000)] == words
        assert int(dut.mean.quotient.value) == quotient
        await cycles(dut, 2 * len(more) + 6)
        flags = [(layer, word, near) for layer, part in enumerate((nears, more)) for word, near in enumerate(part)]
        assert layers.near == flags
        layers.near.clear()


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_normalise_follows_the_contract(shape):
    run_bench(Normalise(geometry_of(shape)), module=__name__, parameters={"shape": shape})
