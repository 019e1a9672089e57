"""The learning sequence: signs are fetched behind the near flags that they are masked with, in the order of their words."""

from random import Random

import cocotb
import pytest

from formal.source import Bug
from hw.layouts import layer_layout
from hw.learning.sequence import LearningSequence
from sim.drivers.array_model import geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.planted import assert_found
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 3, 4, 2, 4, 60),
    (3, 4, 4, 1, 2, 60),
    (1, 1, 4, 8, 1, 60),
)
SAMPLES = 60


class Sample:
    """One that is learned, in a network of two layers: what the rooms around the sequence say, and what it has to say."""

    def __init__(self, dut, random: Random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        inputs = random.randrange(1, geometry.columns + 1)
        self.words, folds = geometry.words_of(inputs), geometry.folds_of(inputs)
        cells = range(geometry.cells)
        self.unloads = [  # slice after slice of a fold
            (word, word % geometry.cells)
            for fold in range(folds)
            for _ in range(geometry.slices)
            for word in (fold * geometry.cells + cell for cell in cells)
            if word < self.words
        ]
        fields = {"inputs": inputs, "neurons": 3, "folds": folds}
        dut.layer.value = layer_layout(geometry).const(fields).as_bits()
        self.early = 0  # signs that were fetched before the last flags had come

    async def pass_by(self) -> None:
        """From its decision to the learning of the first layer, with near flags that may come at any pace."""
        dut, random, pace = self.dut, self.random, self.random.choice((0.05, 0.3, 0.5, 1.0))
        dut.index.value, dut.start.value, dut.near_busy.value, dut.near_word.value = 1, 1, 1, 0
        learning = 0
        while True:
            dut.tokens__ready.value = int(random.random() < 0.8)
            dut.learner__active.value = int(learning > 0)
            await dut.clk.falling_edge
            if dut.busy.value == 1:
                assert int(dut.events.value).bit_count() == 1, "every cycle is one of a term"
            if dut.tokens__valid.value == 1 and dut.tokens__ready.value == 1:
                self._take(unpack(int(dut.tokens__payload.value), self.geometry))
            learning = random.randrange(1, 6) if dut.learner__start.value == 1 else max(0, learning - 1)
            asked = dut.select.value == 1
            ends = dut.learner__start.value == 1 and int(dut.index.value) == 0
            await dut.clk.rising_edge
            dut.start.value = 0
            if asked:
                dut.index.value = 0
            if dut.near_busy.value == 1 and random.random() < pace:
                come = int(dut.near_word.value)
                dut.near_word.value, dut.near_busy.value = min(come + 1, self.words), int(come < self.words)
            if ends:
                break
        assert not self.unloads

    def _take(self, token) -> None:
        if token.opcode != Opcode.UNLOAD:
            assert token.opcode == Opcode.CLEAR
            return
        word, cell = self.unloads.pop(0)
        assert token.cell == cell
        if self.dut.near_busy.value == 1:
            assert int(self.dut.near_word.value) > word, "its near flags are still to come"
            self.early += 1


@cocotb.test()
async def signs_are_fetched_behind_their_near_flags(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    for signal in (dut.start, dut.label, dut.network, dut.input_set, dut.errors__output__busy, dut.errors__unload__busy):
        signal.value = 0
    dut.errors__scan__busy.value, dut.learner__frontier.value, dut.settled.value = 0, 0, 1
    early = 0
    for _ in range(SAMPLES):
        sample = Sample(dut, random, geometry)
        await sample.pass_by()
        early += sample.early
    assert early > SAMPLES, "nothing was fetched while flags still came"


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_signs_wait_for_their_flags(shape):
    run_bench(LearningSequence(geometry_of(shape)), module=__name__, parameters={"shape": shape})


NAME = "hw.learning.sequence"
FAULTS = {
    "one word too early": Bug(NAME, "self.near_word > self.word + 1", "self.near_word > self.word"),
    "does not wait": Bug(NAME, "self.near_word > self.word + 1", "1"),
    "waits for all": Bug(NAME, "self.near_word > self.word + 1", "0"),
    "a cycle of no term": Bug(NAME, "cycles_backward.eq(1), self.errors.output", "cycles_backward.eq(0), self.errors.output"),
}


@pytest.mark.check
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    shape = GEOMETRIES[0]
    assert_found(
        FAULTS[fault],
        lambda room: room.LearningSequence(geometry_of(shape)),
        module=__name__,
        coroutine="signs_are",
        parameters={"shape": shape},
    )
