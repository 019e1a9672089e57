"""Group buffer: images become LOAD tokens of the next group, which is whatever has arrived when it is taken."""

from collections import deque
from random import Random

import cocotb
import pytest

from hw.group_buffer import GroupBuffer
from sim.drivers.array_model import geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.frames import image_bytes
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows, memory ports, samples of a group
    (2, 3, 4, 1, 4, 3, 2, 4),
    (1, 2, 4, 3, 1, 3, 2, 2),
    (1, 3, 8, 2, 2, 3, 2, 8),
    (2, 2, 16, 1, 4, 3, 2, 4),
)
PATIENCE = 3000


class Buffer:
    """The buffer's streams, and a model that follows what it loads and what is taken from it."""

    def __init__(self, dut, random: Random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        for signal in (dut.clear, dut.learning, dut.learning_set, dut.last_pixel, dut.single, dut.asked, dut.staged__ready):
            signal.value = 0
        self.samples, self.pixels = Source(dut, "samples", random), Source(dut, "pixels", random)
        self.tokens = Sink(dut, "tokens", random)
        self.sent: deque[tuple[list[tuple[int, ...]], int]] = deque()  # of images not loaded: words, what is known
        self.loading: list[tuple[int, ...]] = []  # words that have gone of the first of them
        self.loaded: list[int] = []  # what is known of the samples of the next group
        self.groups: list[list[int]] = []
        self.half = self.inputs = 0
        self.following = False
        cocotb.start_soon(self._follow())

    async def clear(self, inputs: int) -> None:
        """What CONFIGURE does: n_0, then zeros in every word of every input set."""
        dut, g = self.dut, self.geometry
        self.following = False
        self.tokens.received.clear()
        dut.last_pixel.value, dut.clear.value = inputs - 1, 1
        await dut.clk.rising_edge
        dut.clear.value = 0
        found = [unpack(word, g) for word in await self.tokens.take(g.cells * g.input_depth, PATIENCE)]
        assert all((token.opcode, token.operand) == (Opcode.LOAD, 0) for token in found)
        places = {(token.cell, token.inputs) for token in found}
        assert places == {(cell, word) for cell in range(g.cells) for word in range(g.input_depth)}
        await cycles(dut, 2)
        assert dut.busy.value == 0
        self.inputs, self.half, self.following = inputs, 0, True

    def send(self) -> int:
        """Queue a sample; returns its bytes."""
        random, k = self.random, self.geometry.synapses_per_cell
        share = random.choice((0.0, 0.2, 0.5, 1.0))
        pixels = [int(random.random() < share) for _ in range(self.inputs)]
        bits = pixels + [random.getrandbits(1) for _ in range(8 * image_bytes(self.inputs) - self.inputs)]
        known = random.getrandbits(17)
        self.samples.send([known])
        data = [sum(bit << i for i, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8)]
        self.pixels.send(byte | (at == len(data) - 1) << 8 for at, byte in enumerate(data))
        words = range(self.geometry.words_of(self.inputs))
        operands = [sum(pixel << i for i, pixel in enumerate(pixels[word * k : word * k + k])) for word in words]
        loads = [(*divmod(word, self.geometry.cells), operand) for word, operand in enumerate(operands)]
        self.sent.append((loads, known | sum(pixels) << 17))
        return len(data)

    async def _follow(self) -> None:
        dut = self.dut
        while True:
            await dut.clk.rising_edge
            if not self.following:
                continue
            if dut.tokens__valid.value == 1 and dut.learning.value == 1:
                assert self.half != int(dut.learning_set.value), "offered while the learner reads"
            if dut.tokens__valid.value == 1 and dut.tokens__ready.value == 1:
                self._load(unpack(int(dut.tokens__payload.value), self.geometry))
            elif dut.staged__valid.value == 1 and dut.staged__ready.value == 1:
                self._take(int(dut.staged__payload.value))

    def _load(self, token) -> None:
        g, (words, known) = self.geometry, self.sent[0]
        fold, cell, operand = words[len(self.loading)]
        base = g.input_bases[2 * len(self.loaded) + self.half]
        found = (token.opcode, token.cell, token.inputs, token.operand)
        assert found == (Opcode.LOAD, cell, base + fold, operand)
        self.loading.append(found)
        if len(self.loading) == len(words):
            self.sent.popleft()
            self.loading = []
            self.loaded.append(known)

    def _take(self, payload: int) -> None:
        count = payload & (1 << self.geometry.group.bit_length()) - 1
        assert not self.loading, "an image is loaded into the group that is taken"
        assert (count, payload >> self.geometry.group.bit_length()) == (len(self.loaded), self.half)
        assert 1 <= count <= (1 if self.dut.single.value == 1 else self.geometry.group)
        self.groups.append(self.loaded)
        self.loaded, self.half = [], 1 - self.half

    async def take(self) -> list[int]:
        """Take the next group; what is told of its samples is what was sent."""
        dut, before = self.dut, len(self.groups)
        dut.staged__ready.value = 1
        for _ in range(PATIENCE):
            await dut.clk.rising_edge
            if dut.staged__valid.value == 1 and dut.staged__ready.value == 1:
                break
        dut.staged__ready.value = 0
        await dut.clk.falling_edge
        assert len(self.groups) == before + 1, "no group comes"
        for i, known in enumerate(self.groups[-1]):
            dut.asked.value = i
            await dut.clk.falling_edge
            assert int(dut.known.value) == known
        return self.groups[-1]


@cocotb.test()
async def groups_are_whatever_has_arrived(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    sizes = set()
    for inputs in (geometry.columns, 1, random.randrange(1, geometry.columns + 1), geometry.columns - 1):
        await buffer.clear(inputs)
        single = random.random() < 0.3
        dut.single.value = int(single)
        left = random.randrange(20, 40)
        for _ in range(left):
            buffer.send()
        while left:
            await cycles(dut, random.choice((0, 0, 20, 400, 2000)))
            left -= len(await buffer.take())
            sizes.add(len(buffer.groups[-1]))
        await cycles(dut, 5)
        assert (dut.busy.value, dut.receiving.value, dut.staged__valid.value) == (0, 0, 0)
    assert {1, geometry.group} <= sizes


@cocotb.test()
async def a_half_is_not_touched_while_the_learner_reads_it(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    await buffer.clear(geometry.columns)
    held = 0
    for _ in range(12):
        for _ in range(random.randrange(1, 2 * geometry.group)):
            buffer.send()
        while buffer.sent or buffer.loaded:
            learning = bool(buffer.groups) and random.random() < 0.7
            if learning:  # it is at the last sample of the group before, whose half is to be filled next
                dut.learning.value, dut.learning_set.value = 1, 1 - buffer.half
            await buffer.take()
            if learning:
                await cycles(dut, random.choice((1, 30, 300)))
                held += bool(buffer.sent)
                dut.learning.value = 0
    assert held > 3


@cocotb.test()
async def a_group_does_not_wait_for_an_image_that_is_on_its_way(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    buffer = Buffer(dut, random, geometry)
    await buffer.clear(geometry.columns)
    for _ in range(6):
        bytes_of_image = buffer.send()
        buffer.send()
        while not buffer.loaded:
            await dut.clk.rising_edge
            buffer.pixels.paused = buffer.pixels.sent % (2 * bytes_of_image) >= bytes_of_image + bytes_of_image // 2
        buffer.pixels.paused = True
        await cycles(dut, 60)
        assert dut.busy.value == 1
        if len(buffer.loaded) == 1:
            assert (dut.receiving.value, dut.staged__valid.value) == (1, 1)
        count = len(await buffer.take())
        buffer.pixels.paused = False
        while count < 2:
            count += len(await buffer.take())


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_group_buffer_loads_what_it_gets(shape):
    run_bench(GroupBuffer(geometry_of(shape)), module=__name__, parameters={"shape": shape})
