"""GroupSums: sums of all samples of a group, rows that come again, later layers of one sample, and the mean of each."""

from random import Random

import cocotb
import pytest

from formal.source import Bug
from hw.array.array import hidden_bits
from hw.forward.group_sums import GroupSums
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.planted import assert_found
from sim.drivers.stream_driver import Stalls, cycles
from sw.contract.cost import division_cycles
from sw.contract.geometry import Geometry

GEOMETRIES = (  # height, width, K, folds, slices, rows, memory ports, samples of a group
    (2, 3, 4, 2, 4, 60, 2, 4),
    (1, 2, 8, 1, 1, 20, 2, 8),
    (1, 1, 16, 3, 4, 30, 2, 2),
)


class Sums:
    """Sends rows and keeps the matches that each sample has."""

    def __init__(self, dut, random: Random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        self.width = len(dut.row__matches)
        self.matches: list[list[int]] = []  # by sample, of the layer that it is at
        self.mended = 0
        for signal in (dut.start, dut.divide, dut.first, dut.sample, dut.row__valid, dut.row__again, dut.word):
            signal.value = 0
        dut.enable.value = 1
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        while True:
            await self.dut.clk.rising_edge
            self.mended += self.dut.mended.value == 1

    def draw(self) -> int:
        """Matches of a row."""
        columns = self.geometry.columns
        return self.random.choice((0, columns, self.random.randrange(columns + 1)))

    async def row(self, matches: list[int], neuron: int, again: bool) -> None:
        """One row, of all samples."""
        dut = self.dut
        dut.row__valid.value, dut.row__again.value, dut.row__neuron.value = 1, int(again), neuron
        dut.row__matches.value = matches[0]
        dut.row__others.value = sum(each << self.width * i for i, each in enumerate(matches[1:]))
        await dut.clk.rising_edge
        dut.row__valid.value = 0
        dut.row__again.value = self.random.getrandbits(1)

    async def layer(self, neurons: int, first: bool, sample: int) -> None:
        """Begin a layer and send all its rows; of a later layer only those of `sample` mean anything."""
        dut, random, group = self.dut, self.random, self.geometry.group
        dut.start.value, dut.first.value, dut.neurons.value, dut.sample.value = 1, int(first), neurons, sample
        await dut.clk.rising_edge
        dut.start.value, dut.neurons.value = 0, random.randrange(1, neurons + 1)
        if first:
            self.matches = [[] for _ in range(group)]
        else:
            self.matches[sample] = []
        stalls = Stalls(random)
        for _ in range(neurons):
            while stalls():
                await dut.clk.rising_edge
            row = [self.draw() for _ in range(group)]
            await self.row(row, random.getrandbits(hidden_bits(self.geometry)), False)
            for i in range(group) if first else [sample]:
                self.matches[i].append(row[i] if first else row[0])

    async def again(self, neurons: int, rows: int) -> None:
        """Some rows of the first layer change, mostly as fast as they may; those of samples that are left count."""
        before = self.mended
        for neuron in self.random.sample(range(neurons), rows):
            row = [self.draw() for _ in range(self.geometry.group)]
            await self.row(row, neuron, True)
            for of_sample, value in zip(self.matches, row, strict=True):
                if neuron < len(of_sample):
                    of_sample[neuron] = value
            await cycles(self.dut, self.random.choice((1, 1, 1, 2, 5)))
        await cycles(self.dut, 3)
        assert self.mended == before + rows

    async def divided(self, sample: int) -> None:
        """Wait for the mean; compare it, and the words with some bounds."""
        dut, random, matches = self.dut, self.random, self.matches[sample]
        waited = 0
        while not waited or dut.done.value == 0:
            await dut.clk.rising_edge
            waited += 1
            assert waited < 60, "no mean comes"
        assert waited == division_cycles(self.geometry) + 2
        assert (int(dut.quotient.value), int(dut.neuron.value)) == (2 * sum(matches) // len(matches), len(matches))
        k = self.geometry.synapses_per_cell
        for word in random.sample(range(self.geometry.words_of(len(matches))), 1):
            of_word = matches[word * k : word * k + k]
            above, below = random.choices((*of_word, *(each + 1 for each in of_word)), k=2)
            reached = random.random() < 0.2
            complement = (1 << self.width) - 1
            dut.word.value, dut.above.value = word, complement - above
            dut.reached.value, dut.below.value = int(reached), complement - (0 if reached else below)
            await cycles(dut, 3)
            gate, beside = int(dut.at_gate.value), int(dut.beside.value)
            assert [gate >> i & 1 for i in range(len(of_word))] == [each >= above for each in of_word]
            assert [beside >> i & 1 for i in range(len(of_word))] == [reached or each > below for each in of_word]


@cocotb.test()
async def every_sample_has_its_own_sums_and_changed_rows_take_the_place_of_the_old(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    sums = Sums(dut, random, geometry)
    most = min(geometry.columns, geometry.rows)
    for _ in range(14):
        neurons = random.choice((1, 2, most, random.randrange(1, most + 1)))
        await sums.layer(neurons, True, 0)
        await sums.divided(0)
        for sample in range(geometry.group):
            if sample:
                await sums.again(neurons, random.choice((0, 0, 1, neurons, random.randrange(neurons + 1))))
                dut.sample.value, dut.neurons.value, dut.divide.value = sample, neurons, 1
                await dut.clk.rising_edge
                dut.divide.value = 0
                await sums.divided(sample)
            for _ in range(random.choice((0, 0, 1, 2))):
                await sums.layer(random.randrange(1, most + 1), False, sample)
                await sums.divided(sample)


@cocotb.test()
async def rows_of_nobody_are_ignored(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    sums = Sums(dut, random, geometry)
    for _ in range(4):
        await sums.layer(3, True, 0)
        for _ in range(5):
            await sums.row([sums.draw() for _ in range(geometry.group)], 0, False)
        dut.sample.value = geometry.group - 1
        dut.neurons.value, dut.divide.value = 3, 1
        await dut.clk.rising_edge
        dut.divide.value = 0
        await sums.divided(geometry.group - 1)


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_group_sums_follow_the_contract(shape):
    run_bench(GroupSums(geometry_of(shape)), module=__name__, parameters={"shape": shape})


NAME = "hw.forward.group_sums"
FAULTS = {
    "mean not mended": Bug(
        NAME, "with m.Elif(self.subtracted | (self.counts & is_own)):", "with m.Elif(self.counts & is_own):"
    ),
    "mended twice": Bug(NAME, "self.subtracted.eq(self.fetched),", "self.subtracted.eq(self.fetched | self.subtracted),"),
    "the old row stays in the mean": Bug(NAME, "new - Array(stored)[self.fetched_neuron[: self.lane_bits]]", "new"),
    "mended by another row": Bug(NAME, "Array(stored)[self.fetched_neuron[: self.lane_bits]]", "Array(stored)[0]"),
    "sum not mended": Bug(NAME, "write.en.eq((self.fetched | (self.counts & is_own))", "write.en.eq((self.counts & is_own)"),
    "sum of another row mended": Bug(NAME, "Mux(self.fetched, self.fetched_neuron, self.neuron)", "self.neuron"),
    "mended with sample 0": Bug(NAME, "Mux(self.of_all | self.row.again, matches", "Mux(self.of_all, matches"),
    "compared with the wrong bound": Bug(NAME, "reaches(matches, self.above)", "reaches(matches, self.below)"),
    "a bound below zero is not reached": Bug(NAME, "self.below, self.reached)", "self.below, 0)"),
    "mean of sample 0": Bug(NAME, "Array(totals)[self.sample]", "Array(totals)[0]"),
    "words of sample 0": Bug(NAME, "Array(words)[self.sample]", "Array(words)[0]"),
    "a later layer clears the means of others": Bug(NAME, "self.start & (self.first | (self.sample == i))", "self.start"),
    "a later layer overwrites the sums of others": Bug(NAME, "self.of_all | (self.sample == i)\n", "self.row.valid\n"),
}


@pytest.mark.check
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    shape = GEOMETRIES[0]
    assert_found(
        FAULTS[fault],
        lambda room: room.GroupSums(geometry_of(shape)),
        module=__name__,
        coroutine="every_sample",
        parameters={"shape": shape},
    )
