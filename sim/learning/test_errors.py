"""Errors: signs from the array, near flags and the output's two errors come back from the scan, ascending, none missed."""

from random import Random
from typing import Any

import cocotb
import pytest

from hw.learning.error_scan import item_layout
from hw.learning.errors import Errors
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 3, 4, 2, 4, 60),
    (1, 1, 8, 4, 2, 50),
    (1, 2, 16, 3, 1, 130),
    (2, 2, 16, 1, 4, 40),
    (1, 1, 8, 4, 4, 30, 1),  # and memory ports
)
FIRST_ITEM = 3  # cycles from the scan's start


class Job:
    """One of `LayerJob`s of the control."""

    def __init__(self, dut, name: str) -> None:
        self.dut = dut
        ports = (getattr(dut, f"control__{name}__{port}") for port in ("start", "layer", "neurons", "busy"))
        self.start, self.layer, self.neurons, self.busy = ports
        self.start.value = 0

    async def begin(self, layer: int, neurons: int, layer_after: int) -> None:
        """Pulse `start`; what it is about changes afterwards."""
        self.start.value, self.layer.value, self.neurons.value = 1, layer, neurons
        await self.dut.clk.rising_edge
        self.start.value, self.layer.value, self.neurons.value = 0, layer_after, 1


class Store:
    """Drives the store's side; `d[half]` are the errors that it must hold, layer by layer."""

    def __init__(self, dut, random: Random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        self.d: dict[int, list[int]] = {}
        self.near: dict[int, list[int]] = {}  # of each layer: 1, or -1 for one on the lower side of a band, or 0
        self.output, self.unloading, self.scan = (Job(dut, name) for name in ("output", "unload", "scan"))
        dut.near__valid.value = dut.result.value = 0

    async def pause(self) -> None:
        for _ in range(self.random.choice((0, 0, 0, 1, 4))):
            await self.dut.clk.rising_edge

    async def set_near(self, layer: int, flags: list[int]) -> None:
        """What Normalise does: the near flags of a layer, K neurons or half of them at a time."""
        dut, k, compared = self.dut, self.geometry.synapses_per_cell, self.geometry.compared
        self.near[layer] = flags
        for first in range(0, len(flags), compared):
            await self.pause()
            dut.near__valid.value, dut.near__layer.value, dut.near__word.value = 1, layer, first // k
            dut.near__part.value = (1 << k // compared) - 1 if first % k == 0 else 2
            told = flags[first : first + compared]
            dut.near__flags.value = sum(abs(flag) << i for i, flag in enumerate(told))
            dut.near__mirrored.value = sum(
                (flag < 0 or not flag and self.random.getrandbits(1)) << i for i, flag in enumerate(told)
            )
            await dut.clk.rising_edge
            dut.near__valid.value = 0
            for signal in (dut.near__flags, dut.near__mirrored, dut.near__part):
                signal.value = self.random.getrandbits(len(signal))

    async def set_output(self, layer: int, neurons: int, label: int, rival: int) -> None:
        """The errors of the output layer; busy for as many cycles as there are words of K neurons."""
        dut = self.dut
        dut.control__label.value, dut.rival.value = label, rival
        await self.output.begin(layer, neurons, self.random.randrange(MAX_LAYERS))
        for _ in range(self.geometry.words_of(neurons)):
            await dut.clk.rising_edge
            assert self.output.busy.value == 1
        await dut.clk.rising_edge
        assert self.output.busy.value == 0
        self.d[layer & 1] = [(c == label) - (c == rival) for c in range(neurons)]

    async def unload(self, layer: int, g_of_column: list[int]) -> None:
        """The signs of a layer's column counters leave the array: by fold, slice and cell, up to the last word."""
        dut, g, random = self.dut, self.geometry, self.random
        await self.unloading.begin(layer, len(g_of_column), random.randrange(3))
        words = g.words_of(len(g_of_column))
        width = 2 * g.lanes
        padded = g_of_column + [random.choice((-1, 0, 1)) for _ in range(words * g.synapses_per_cell - len(g_of_column))]
        for first in range(0, words, g.cells):
            for slice_ in range(g.slices):
                for word in range(first, min(first + g.cells, words)):
                    while random.random() < 0.3:  # other tokens leave the array too
                        opcode = random.choice([opcode for opcode in Opcode if opcode != Opcode.UNLOAD])
                        dut.result.value = opcode | random.getrandbits(width + 1) << 4
                        await dut.clk.rising_edge
                        assert self.unloading.busy.value == 1
                    begin = word * g.synapses_per_cell + slice_ * g.lanes
                    lanes = padded[begin : begin + g.lanes]
                    active = sum((value != 0) << i for i, value in enumerate(lanes))
                    negative = sum((value < 0) << i for i, value in enumerate(lanes))
                    dut.result.value = Opcode.UNLOAD | random.getrandbits(1) << 4 | (active | negative << g.lanes) << 5
                    await dut.clk.rising_edge
                    assert self.unloading.busy.value == 1
                    dut.result.value = 0
        dut.result.value = Opcode.UNLOAD | (1 << width) - 1 << 5 if random.random() < 0.5 else 0  # not this layer's
        await dut.clk.rising_edge
        assert self.unloading.busy.value == 1, "the last signs are being written"
        dut.result.value = 0
        await dut.clk.rising_edge
        assert self.unloading.busy.value == 0
        pairs = zip(g_of_column, self.near[layer], strict=True)
        self.d[layer & 1] = [((value > 0) - (value < 0)) * near for value, near in pairs]

    async def start_scan(self, half: int) -> None:
        assert self.scan.busy.value == 0
        await self.scan.begin(half | self.random.randrange(0, MAX_LAYERS, 2), len(self.d[half]), 1 - half)

    def items(self, half: int) -> list[tuple[int, int, int, int]]:
        """(neuron, active, negative, last) that a scan of a half must find."""
        k, d, found = self.geometry.synapses_per_cell, self.d[half], []
        for first in range(0, len(d), k):
            active = [neuron for neuron in range(first, min(first + k, len(d))) if d[neuron]]
            found += [(neuron, 1, int(d[neuron] < 0), 0) for neuron in active] or [(first + k - 1, 0, 0, 0)]
        return found[:-1] + [(*found[-1][:3], 1)]

    def fields(self, payload: int) -> tuple[int, int, int, int]:
        found: Any = item_layout(self.geometry).from_bits(payload)
        return (found.neuron, found.active, found.negative & found.active, found.last)

    def errors(self, neurons: int) -> tuple[list[int], list[int]]:
        """Random column sums and near flags: dense, sparse, without any."""
        random = self.random
        share, near = random.choice((0.0, 0.05, 0.4, 1.0)), random.choice((0.0, 0.5, 0.9, 1.0))
        g = [random.choice((-2, -1, 1, 5)) if random.random() < share else 0 for _ in range(neurons)]
        return g, [random.choice((-1, 1)) * (random.random() < near) for _ in range(neurons)]


def sizes(random: Random, geometry: Geometry) -> int:
    """Neurons of a hidden layer, which are columns of the layer above."""
    most = min(geometry.columns, geometry.rows)
    k = geometry.synapses_per_cell
    return min(most, random.choice((1, k, k + 1, geometry.columns_per_fold, most, random.randrange(1, most + 1))))


@cocotb.test()
async def a_networks_errors_come_back_layer_by_layer(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    store, sink = Store(dut, random, geometry), Sink(dut, "items", random)

    async def scan(half: int) -> None:
        await store.start_scan(half)
        right = store.items(half)
        found = [store.fields(payload) for payload in await sink.take(len(right), cycles=5000)]
        assert found == right, f"half {half}: {store.d[half]}"
        await dut.clk.rising_edge
        assert store.scan.busy.value == 0, "until the last item has been taken"

    for _ in range(8):
        depth = random.randrange(1, MAX_LAYERS + 1)
        hidden = [store.errors(sizes(random, geometry)) for _ in range(depth - 1)]
        for layer, (_, near) in enumerate(hidden):
            await store.set_near(layer, near)
        outputs = random.choice((2, random.randrange(2, geometry.rows + 1)))
        label, rival = random.sample(range(outputs), 2)
        await store.set_output(depth - 1, outputs, label, rival)
        for layer in reversed(range(depth)):
            for _ in range(random.randrange(2)):
                await scan(layer & 1)
            if layer:  # the layer's errors are read, for learning, while those of the layer below come in
                scanning = cocotb.start_soon(scan(layer & 1))
                await store.pause()
                await store.unload(layer - 1, hidden[layer - 1][0])
                await scanning
                await scan(layer & 1)
    assert not sink.received


@cocotb.test()
async def a_scan_gives_an_item_in_every_cycle_and_may_follow_at_once(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    store = Store(dut, random, geometry)
    dut.items__ready.value = 1
    neurons = geometry.rows
    await store.set_output(1, neurons, neurons - 1, 0)
    below = min(geometry.columns, geometry.rows)
    await store.set_near(0, [1] * below)
    await store.unload(0, [random.choice((-1, 0, 1)) for _ in range(below)])
    for half in (1, 0, 0, 1, 1, 0):
        await store.start_scan(half)
        for _ in range(FIRST_ITEM - 1):
            await dut.clk.rising_edge
            assert (dut.items__valid.value, store.scan.busy.value) == (0, 1)
        for right in store.items(half):
            await dut.clk.rising_edge
            assert (dut.items__valid.value, store.scan.busy.value) == (1, 1)
            assert store.fields(int(dut.items__payload.value)) == right
        await dut.clk.rising_edge
        assert (dut.items__valid.value, store.scan.busy.value) == (0, 0)


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_errors_are_found_again(shape):
    run_bench(Errors(geometry_of(shape)), module=__name__, parameters={"shape": shape})
