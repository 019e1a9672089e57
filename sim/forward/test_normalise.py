"""Normalise: mean, activation and window of layers of every size, with negative means and gates at both ends."""

from typing import Any

import cocotb
import pytest
from amaranth.utils import exact_log2

from hw.engine_ports import THRESHOLDS_BYTES
from hw.forward.normalise import Normalise, activation_layout
from hw.layouts import layer_layout
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Stalls, cycles
from sw.contract.bounds_table import ENTRY
from sw.contract.cost import FOLD_SUM_DELAY, ISSUE_DELAY, array_latency, division_cycles
from sw.contract.geometry import Geometry
from sw.contract.registers import MODES

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 3, 4, 2, 4, 60),
    (1, 2, 8, 1, 1, 20),
    (1, 1, 16, 3, 4, 30),
    (2, 2, 16, 10, 4, 50),
    (1, 1, 8, 6, 4, 40, 1),  # and memory ports
    (1, 2, 4, 5, 2, 33, 1),
)
PIPELINE = 7  # cycles beside the division's, from the last sum to the first word


def activations(matches: list[int], valid: int, mode: str, gate: int, window: int, geometry: Geometry) -> tuple[list, list]:
    """(valid, negative, last) of K neurons each; near and mirrored ones of those compared at once (clauses 4, 5, 8)."""
    a = [2 * m - valid for m in matches]
    mean = sum(a) // len(a)  # // floors
    away = [abs(x - mean) if mode == "band" else x - mean for x in a]
    words, nears, k = [], [], geometry.synapses_per_cell
    for first in range(0, len(a), k):
        fires = [x >= gate for x in away[first : first + k]]
        valids = sum((fire or mode == "sign") << i for i, fire in enumerate(fires))
        negative = sum((not fire and mode == "sign") << i for i, fire in enumerate(fires))
        words.append((valids, negative & valids, int(first + k >= len(a))))
    for first in range(0, len(a), geometry.compared):
        group = range(first, min(first + geometry.compared, len(a)))
        near = [abs(away[j] - gate) <= window for j in group]
        mirrored = [mode == "band" and a[j] < mean for j in group]
        flags = sum(is_near << i for i, is_near in enumerate(near))
        nears.append((flags, sum((x and y) << i for i, (x, y) in enumerate(zip(near, mirrored, strict=True)))))
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
        self.entry = 0
        self.near: list[tuple[int, int, tuple[int, int]]] = []  # layer, place of those that are compared at once, flags
        dut.control__start.value = dut.row__valid.value = dut.table__valid.value = dut.control__entry.value = 0
        cocotb.start_soon(self._watch_near())

    async def _watch_near(self) -> None:
        dut = self.dut
        while True:
            await dut.clk.rising_edge
            if dut.near__valid.value == 1:
                assert dut.control__near_busy.value == 1
                parts = self.geometry.synapses_per_cell // self.geometry.compared
                part, flags = int(dut.near__part.value), int(dut.near__flags.value)
                assert part in ((1,), (3, 2))[parts - 1]
                place = parts * int(dut.near__word.value) + (part == 2)
                self.near.append((int(dut.near__layer.value), place, (flags, flags & int(dut.near__mirrored.value))))

    async def expect_near(self, nears: list[tuple[int, int]], index: int, train: bool) -> None:
        """The flags of the layer whose activations have just been taken, if the sample is one to train with."""
        for _ in range(2 * len(nears) + 6):
            await self.dut.clk.rising_edge
        assert self.dut.control__near_busy.value == 0
        assert self.near == [(index, word, flags) for word, flags in enumerate(nears) if train]
        self.near.clear()

    async def tell(self, gate: int, window: int) -> None:
        """Gate and window into an entry of the table, any one; what is no gate and no window is ignored."""
        dut, random = self.dut, self.random
        self.entry = entry = (self.entry + random.randrange(1, 7)) % self.geometry.bounds_entries
        elsewhere = [(address, random.getrandbits(8)) for address in random.sample(range(THRESHOLDS_BYTES), 4)]
        told = [(THRESHOLDS_BYTES + 4 * entry + i, byte) for i, byte in enumerate(ENTRY.pack(gate, window))]
        for address, byte in [*told, *elsewhere]:
            dut.table__valid.value, dut.table__payload.value = 1, address | byte << exact_log2(2 * THRESHOLDS_BYTES)
            await dut.clk.rising_edge
        dut.table__valid.value = 0
        await dut.clk.rising_edge

    def present(self, registers: tuple[int, int]) -> None:
        """A layer's registers and the entry of its gate and window, as the sequencer holds them from `start` on."""
        self.dut.control__layer.value, self.dut.control__entry.value = registers

    async def draw(self, neurons: int | None = None) -> tuple[list[int], list[tuple[int, ...]], list[tuple[int, int]], int]:
        """A layer of `neurons`, or of some: sets its registers, returns its sums, activations, near flags, q = mean + valid."""
        random, g = self.random, self.geometry
        most = min(g.columns, g.rows)
        some = random.choice((1, 2, g.synapses_per_cell, g.synapses_per_cell + 1, most, random.randrange(1, most + 1)))
        matches = sums(random, g, min(neurons or some, most))
        mode = random.choice(tuple(MODES))
        spread = 2 * (max(matches) - min(matches))
        gate = random.choice((0, 1, -1, 1023, -1023, random.randrange(-spread - 1, spread + 2)))
        gate = 0 if mode == "sign" else gate
        gate = min(max(gate, -1023), 1023)
        window = min(random.choice((0, 1, 2, 1023, random.randrange(spread + 2))), 1023)
        valid = random.randrange(max(matches), g.columns + 1)  # of the inputs; it cancels, and makes sums negative
        fields = {"neurons": len(matches), "mode": MODES[mode]}
        await self.tell(gate, window)
        self.registers = layer_layout(g).const(fields).as_bits(), self.entry
        self.present(self.registers)
        words, nears = activations(matches, valid, mode, gate, window, g)
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
        matches, words, nears, quotient = await layers.draw()
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
        matches, words, nears, _ = await layers.draw()
        await layers.send(matches, Stalls(random, 0.0))
        waited = 0
        while not waited or dut.control__activations__valid.value == 0:
            await dut.clk.rising_edge
            waited += 1
            assert waited < 100, "no word comes"
        halves = geometry.synapses_per_cell // geometry.compared
        left = len(matches)
        assert waited == division_cycles(geometry) + PIPELINE + (halves == 2 and left > geometry.compared)
        for word in words:
            assert dut.control__activations__valid.value == 1
            assert layers.fields(int(dut.control__activations__payload.value)) == word
            await dut.clk.rising_edge
            left -= geometry.synapses_per_cell
            if halves == 2 and left > geometry.compared:
                assert dut.control__activations__valid.value == 0
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
        second, later = await layers.draw(narrow), layers.registers
        matches, words, nears, _ = await layers.draw(most)
        await layers.send(matches, Stalls(random, 0.0), 0)
        assert [layers.fields(payload) for payload in await sink.take(len(words), cycles=3000)] == words
        matches, words, more, quotient = second
        layers.present(later)
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
