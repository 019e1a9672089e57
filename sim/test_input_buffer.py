"""Input buffer: pixels of any number become LOAD tokens into the free input set, and wait while the learner reads it."""

from random import Random

import cocotb
import pytest

from hw.input_buffer import InputBuffer
from sim.drivers.array_model import geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.frames import image_bytes
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (2, 3, 4, 1, 4, 3),
    (1, 2, 4, 3, 1, 3),
    (1, 3, 8, 2, 2, 3),
    (2, 2, 16, 2, 4, 3),
)
PATIENCE = 3000


class Buffer:
    """The buffer's streams; says which tokens must come."""

    def __init__(self, dut, random: Random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        dut.clear.value = dut.learning.value = dut.learning_set.value = dut.last_pixel.value = 0
        self.samples, self.pixels = Source(dut, "samples", random), Source(dut, "pixels", random)
        self.tokens, self.staged = Sink(dut, "tokens", random), Sink(dut, "staged", random)
        self.staged.paused = True
        self.inputs = self.set = 0

    async def clear(self, inputs: int) -> None:
        """What CONFIGURE does: n_0, then zeros in every word of every input set."""
        dut, g = self.dut, self.geometry
        dut.last_pixel.value, dut.clear.value = inputs - 1, 1
        await dut.clk.rising_edge
        dut.clear.value = 0
        words = g.cells * g.input_depth
        found = [unpack(word, g) for word in await self.tokens.take(words, PATIENCE)]
        assert all((token.opcode, token.operand) == (Opcode.LOAD, 0) for token in found)
        places = {(token.cell, token.inputs) for token in found}
        assert places == {(cell, word) for cell in range(g.cells) for word in range(g.input_depth)}
        await dut.clk.rising_edge
        assert dut.busy.value == 0
        self.inputs, self.set = inputs, 0

    def send(self) -> tuple[list[tuple[int, ...]], int]:
        """Queue a sample; returns its tokens (opcode, cell, inputs, operand) and what will be staged."""
        random, g, k = self.random, self.geometry, self.geometry.synapses_per_cell
        share = random.choice((0.0, 0.2, 0.5, 1.0))
        pixels = [int(random.random() < share) for _ in range(self.inputs)]
        spare = [random.getrandbits(1) for _ in range(8 * image_bytes(self.inputs) - self.inputs)]
        bits = pixels + spare
        train, label = random.getrandbits(1), random.getrandbits(16)
        self.samples.send([train | label << 1])
        data = [sum(bit << i for i, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8)]
        self.pixels.send(byte | (at == len(data) - 1) << 8 for at, byte in enumerate(data))
        expected = []
        for word in range(g.words_of(self.inputs)):
            fold, cell = divmod(word, g.cells)
            operand = sum(pixel << i for i, pixel in enumerate(pixels[word * k : word * k + k]))
            expected.append((Opcode.LOAD, cell, self.set * g.folds + fold, operand))
        staged = train | label << 1 | self.set << 17 | sum(pixels) << 18
        self.set ^= 1
        return expected, staged

    async def loaded(self, count: int) -> list[tuple[int, ...]]:
        """The next tokens, in the form of `send`."""
        found = [unpack(word, self.geometry) for word in await self.tokens.take(count, PATIENCE)]
        return [(token.opcode, token.cell, token.inputs, token.operand) for token in found]

    async def take_staged(self) -> int:
        """Take the staged sample, as the sequencer does when it begins to compute it."""
        self.staged.paused = False
        (found,) = await self.staged.take(1, PATIENCE)
        self.staged.paused = True
        await self.dut.clk.rising_edge
        return found


@cocotb.test()
async def every_number_of_pixels_is_loaded_into_alternating_sets(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    some = list(range(1, geometry.columns + 1))
    random.shuffle(some)
    for inputs in [geometry.columns, 1, geometry.columns - 1, *some[:16]]:
        await buffer.clear(inputs)
        samples = [buffer.send() for _ in range(random.randrange(1, 4))]
        for expected, staged in samples:
            assert await buffer.loaded(len(expected)) == expected, f"{inputs} pixels"
            await cycles(dut, random.choice((1, 1, 30)))
            assert not buffer.tokens.received, "the next sample waits until this one is taken"
            assert await buffer.take_staged() == staged
        await cycles(dut, 3)
        assert (dut.busy.value, dut.receiving.value) == (0, 0)


@cocotb.test()
async def a_set_is_not_touched_while_the_learner_reads_it(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    held = [0]

    async def watch() -> None:
        while True:
            await dut.clk.rising_edge
            if dut.tokens__valid.value == 1 and dut.learning.value == 1:
                token = unpack(int(dut.tokens__payload.value), geometry)
                assert token.inputs // geometry.folds != int(dut.learning_set.value), "offered while the learner reads"
            held[0] += dut.learning.value == 1

    await buffer.clear(random.randrange(1, geometry.columns + 1))
    cocotb.start_soon(watch())
    expected, staged = buffer.send()
    assert await buffer.loaded(len(expected)) == expected
    for _ in range(25):
        current = await buffer.take_staged()
        assert current == staged
        expected, staged = buffer.send()  # the next one, into the other set
        learning = random.random() < 0.7
        if learning:
            await cycles(dut, random.choice((0, 5, 60)))
            dut.learning.value, dut.learning_set.value = 1, current >> 17 & 1
        assert await buffer.loaded(len(expected)) == expected, "the other set is free"
        if learning and random.random() < 0.7:  # learning goes on while the next sample is computed and one more arrives
            assert await buffer.take_staged() == staged
            expected, staged = buffer.send()
            await cycles(dut, random.choice((1, 20, 150)))
            assert not buffer.tokens.received
            dut.learning.value = 0
            assert await buffer.loaded(len(expected)) == expected
        dut.learning.value = 0
    assert held[0] > 100


@cocotb.test()
async def a_sample_on_its_way_is_told_and_the_image_waits_inside(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    await buffer.clear(geometry.columns)
    await cycles(dut, 5)
    assert dut.receiving.value == 0
    buffer.tokens.paused = True
    expected, staged = buffer.send()
    await buffer.pixels.drained()  # the whole image has room
    await dut.clk.rising_edge
    assert (dut.receiving.value, dut.busy.value, dut.staged__valid.value) == (1, 1, 0)
    buffer.tokens.paused = False
    assert await buffer.loaded(len(expected)) == expected
    await dut.clk.rising_edge
    assert (dut.receiving.value, dut.busy.value, dut.staged__valid.value) == (0, 1, 1)
    assert await buffer.take_staged() == staged
    assert dut.busy.value == 0


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_input_buffer_loads_what_it_gets(shape):
    run_bench(InputBuffer(geometry_of(shape)), module=__name__, parameters={"shape": shape})
