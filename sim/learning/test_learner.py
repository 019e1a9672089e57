"""Learner: draws become RELAX and LEARN tokens, or BACKWARD ones; its frontier never runs ahead of what is issued."""

from random import Random

import cocotb
import pytest

from hw.layouts import layer_layout
from hw.learning.draw import draw_layout
from hw.learning.learner import Learner
from sim.drivers.array_model import Token, geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 2, 4, 1, 4, 30),
    (1, 1, 8, 3, 2, 60),
    (1, 3, 16, 2, 1, 41),
)


class Layer:
    """One layer to learn: where it lies, and its draws in ascending order of neurons."""

    def __init__(self, random: Random, geometry: Geometry) -> None:
        self.geometry = geometry
        self.folds = random.randrange(1, geometry.folds + 1)
        self.input_set = random.randrange(len(geometry.input_bases))
        self.index, self.rate = random.randrange(MAX_LAYERS), random.choice((0, 65536, random.randrange(65537)))
        self.backward = random.random() < 0.3
        self.fold, self.slice = random.randrange(self.folds), random.randrange(geometry.slices)
        self.floor = random.choice((1, 127, random.randrange(1, 128)))
        neurons = random.randrange(1, geometry.rows + 1)
        self.first_row = random.randrange(geometry.rows - neurons + 1)
        chosen = sorted(random.sample(range(neurons), random.randrange(1, min(neurons, 12) + 1)))
        self.draws = []
        for neuron in chosen:
            kind = random.choice(((0, 0), (0, 1), (1, 0), (1, 1), (1, 0)))
            self.draws.append(
                {
                    "neuron": neuron,
                    "negative": random.getrandbits(1),
                    "last": int(neuron == chosen[-1]),
                    "learn": kind[0],
                    "relax": kind[1] and not self.backward,
                    "toward": random.randrange(129),
                    "away": random.randrange(129),
                }
            )

    @property
    def base(self) -> int:
        """The word of the layer's first row."""
        return self.first_row * self.geometry.folds

    def passes(self, draw: dict[str, int]) -> list[tuple[int | None, ...]]:
        """(opcode, address, inputs, slice, toward, away, d) of a row's tokens: relaxation first, each fold and slice."""
        g, sent = self.geometry, []
        if self.backward:
            place = (self.base + draw["neuron"] * g.folds + self.fold, None, self.slice)
            return [(Opcode.BACKWARD, *place, None, None, -1 if draw["negative"] else 1)] if draw["learn"] else []
        for opcode, wanted in ((Opcode.RELAX, draw["relax"]), (Opcode.LEARN, draw["learn"])):
            for fold in range(self.folds if wanted else 0):
                for slice_ in range(g.slices):
                    place = (self.base + draw["neuron"] * g.folds + fold, g.input_bases[self.input_set] + fold, slice_)
                    if opcode == Opcode.RELAX:
                        sent.append((opcode, *place, self.floor, self.floor, None))
                    else:
                        d = -1 if draw["negative"] else 1
                        sent.append((opcode, *place, draw["toward"], draw["away"], d))
        return sent


def fields(token: Token, geometry: Geometry) -> tuple:
    """What counts in a token, as `Layer.passes` gives it."""
    if token.opcode == Opcode.BACKWARD:
        return (token.opcode, token.address, None, token.slice(geometry), None, None, token.error)
    place = (token.address, token.inputs, token.slice(geometry))
    d = token.error if token.opcode == Opcode.LEARN else None
    return (token.opcode, *place, token.toward, token.away, d)


async def begin(dut, layer: Layer) -> None:
    """Pulse `start`; all but the floor, the fold and the slice may change afterwards."""
    registers = layer_layout(layer.geometry)
    dut.control__layer.value = registers.const({"base": layer.base, "folds": layer.folds, "relax_rate": layer.rate}).as_bits()
    dut.control__index.value, dut.control__input_set.value = layer.index, layer.input_set
    dut.control__relax_floor.value = layer.floor
    dut.control__backward.value, dut.control__slice.value = int(layer.backward), layer.slice
    if layer.geometry.folds > 1:
        dut.control__fold.value = layer.fold
    dut.control__start.value = 1
    await dut.clk.rising_edge
    dut.control__start.value = 0
    dut.control__layer.value = registers.const({"folds": 1}).as_bits()
    dut.control__index.value, dut.control__input_set.value = MAX_LAYERS - 1 - layer.index, layer.input_set ^ 1
    dut.control__backward.value = int(not layer.backward)


class Frontier:
    """Holds the frontier, cycle by cycle, against the rows whose tokens have all been issued."""

    def __init__(self, dut, geometry: Geometry) -> None:
        self.dut, self.geometry = dut, geometry
        self.issued = self.touched = self.highest = 0
        self.layer: Layer | None = None
        cocotb.start_soon(self._run())

    def follow(self, layer: Layer) -> None:
        self.layer, self.issued, self.highest = layer, 0, 0

    async def _run(self) -> None:
        dut = self.dut
        while True:
            await dut.clk.rising_edge
            self.touched += int(dut.touched.value)
            if self.layer is not None and dut.control__active.value == 1:
                frontier = int(dut.control__frontier.value)
                needed = sum(len(self.layer.passes(draw)) for draw in self.layer.draws if draw["neuron"] < frontier)
                assert needed <= self.issued, f"frontier {frontier}: {self.issued} of {needed} tokens have been issued"
                assert frontier >= self.highest
                self.highest = frontier
                settings = int(dut.settings__enable.value), int(dut.settings__layer.value), int(dut.settings__relax_rate.value)
                assert settings == (int(not self.layer.backward), self.layer.index, self.layer.rate)
                assert int(dut.reads_pixels.value) == (self.layer.index == 0)
                assert int(dut.pixel_set.value) == self.layer.input_set & 1
            else:
                assert dut.reads_pixels.value == dut.settings__enable.value == 0
            self.issued += dut.tokens__valid.value == 1 and dut.tokens__ready.value == 1


@cocotb.test()
async def rows_are_relaxed_then_learned_in_order_and_the_frontier_stays_behind(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    layout = draw_layout(geometry)
    dut.control__start.value = 0
    source, sink = Source(dut, "draws", random), Sink(dut, "tokens", random)
    frontier = Frontier(dut, geometry)
    rows = 0
    for _ in range(40):
        layer = Layer(random, geometry)
        await begin(dut, layer)
        frontier.follow(layer)
        source.send(layout.const(draw).as_bits() for draw in layer.draws)
        expected = [entry for draw in layer.draws for entry in layer.passes(draw)]
        found = [fields(unpack(word, geometry), geometry) for word in await sink.take(len(expected))]
        assert found == expected
        await source.drained()
        await cycles(dut, 3)
        assert dut.control__active.value == 0, "until the last token, no longer"
        rows += sum(draw["learn"] or draw["relax"] for draw in layer.draws if not layer.backward)
        assert frontier.touched == rows
        assert not sink.received
        for _ in range(random.choice((0, 20))):
            await dut.clk.rising_edge


@cocotb.test()
async def a_row_with_nothing_to_do_takes_one_cycle_and_every_token_one(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    layout = draw_layout(geometry)
    dut.draws__valid.value = dut.control__start.value = 0
    dut.tokens__ready.value = 1
    for _ in range(25):
        layer = Layer(random, geometry)
        await begin(dut, layer)
        taken, last_done, cycle, issued = 0, None, 0, 0
        frontiers = []
        while last_done is None:
            dut.draws__valid.value = int(taken < len(layer.draws))
            dut.draws__payload.value = layout.const(layer.draws[min(taken, len(layer.draws) - 1)]).as_bits()
            await dut.clk.rising_edge
            cycle += 1
            frontiers.append(int(dut.control__frontier.value))
            taken += dut.draws__valid.value == 1 and dut.draws__ready.value == 1
            issued += int(dut.tokens__valid.value)
            if cycle > 1 and dut.control__active.value == 0:
                last_done = cycle
            assert cycle < 2000
        dut.draws__valid.value = 0
        row_cycles = [max(1, len(layer.passes(draw))) for draw in layer.draws]
        assert issued == sum(len(layer.passes(draw)) for draw in layer.draws)
        assert last_done == sum(row_cycles) + 2, "one cycle to take the first draw, one to be inactive"
        expected = [0, 0]  # the frontier passes each row in the cycle after its last token
        for i, count in enumerate(row_cycles):
            before = layer.draws[i - 1]["neuron"] + 1 if i else 0
            expected[-1] = before
            expected += [before] * (count - 1) + [layer.draws[i]["neuron"] + 1]
        assert frontiers == expected


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_learner_sends_the_tokens_of_its_rows(shape):
    run_bench(Learner(geometry_of(shape)), module=__name__, parameters={"shape": shape})
