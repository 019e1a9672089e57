"""Sample store: the engine gets the samples that the contract says, in its order, and nobody is told of what is rehearsed."""

import zlib
from collections import deque
from random import Random

import cocotb
import pytest

from hw.store.chip import MT48LC16M16A2
from hw.store.permuter import lanes_of
from hw.store.sample_store import SampleStore
from hw.store.sample_tags import NOT_PLAYED
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.sdram_chip import SdramChip
from sim.drivers.sdram_records import held, place
from sim.drivers.stream_driver import Sink, Source, cycles
from sim.store.test_controller import BOARDS, quick
from sim.store.test_draws import packed
from sim.store.test_records import CLOCK_HZ, GEOMETRY, SMALL
from sw.contract.board_table import ECP5_85F
from sw.contract.frames import image_bytes
from sw.contract.geometry import Geometry
from sw.contract.rehearsal import Draws, Rehearsal
from sw.contract.sample_memory import pack_record, reservoir_slot

SHAPES = {"small": SMALL, "large": GEOMETRY}
Sample = tuple[int, bytes]


def prediction_of(label: int, image: bytes) -> int:
    """What the engine of this bench predicts: often the label, never known beforehand."""
    noise = zlib.crc32(image, label)
    return label if noise & 1 else noise >> 8 & 0xFFFF


def permuted(image: bytes, order: list[int]) -> bytes:
    """Pixel i of the result is pixel order[i] of `image`."""
    bits = sum((image[pixel >> 3] >> (pixel & 7) & 1) << i for i, pixel in enumerate(order))
    return bits.to_bytes(len(image), "little")


class Engine:
    """Takes samples, a while after another, and predicts."""

    def __init__(self, dut, random: Random, inputs: int, stalls: float | None) -> None:
        self.sample, self.pixels = (Sink(dut, f"engine__{name}", random, stalls) for name in ("sample", "pixels"))
        self.predictions = Source(dut, "engine__prediction", random, stalls)
        self.bytes = image_bytes(inputs)
        self.seen: list[tuple[int, int, bytes]] = []
        self.task = cocotb.start_soon(self._run(dut))

    async def _run(self, dut) -> None:
        while True:
            (sample,) = await self.sample.take(1, 10**9)
            image = bytes(byte & 0xFF for byte in await self.pixels.take(self.bytes))
            self.seen.append((sample & 1, sample >> 1, image))
            self.predictions.send([prediction_of(sample >> 1, image)])


class Store:
    """The store under cocotb, and what the contract says of it."""

    def __init__(self, dut, random: Random, inputs: int, stalls: float | None = None) -> None:
        self.dut, self.random, self.inputs = dut, random, inputs
        self.model = SdramChip(dut, quick(MT48LC16M16A2), CLOCK_HZ, random)
        self.engine = Engine(dut, random, inputs, stalls)
        self.sample, self.pixels = (Source(dut, f"link__{name}", random, stalls) for name in ("sample", "pixels"))
        self.play_, self.recall_, self.told, self.write = (
            Source(dut, f"control__{name}", random, stalls) for name in ("play", "recall", "told", "write")
        )
        self.prediction = Sink(dut, "link__prediction", random, stalls)
        self.recalled, self.recalled_pixels = (
            Sink(dut, f"control__{name}", random, stalls) for name in ("recalled", "recalled_pixels")
        )
        self.stretches = self.stretches_over = 0
        self.watcher = cocotb.start_soon(self._watch())
        for name in ("stores", "slot_valid", "restart", "take", "clear", "mend", "release"):
            getattr(dut, f"control__{name}").value = 0
        dut.last_pixel.value = inputs - 1
        self.library: list[Sample] = []
        self.reservoir: dict[int, Sample] = {}
        self.draws = Draws(Rehearsal())
        self.order = list(range(inputs))
        self.expected: list[tuple[int, int, bytes]] = []
        self.told_predictions: deque[int] = deque()
        self.played = self.correct = 0

    async def _watch(self) -> None:
        """Lets the last prediction of a stretch go, a while after it has come."""
        while True:
            await self.dut.clk.rising_edge
            if self.dut.control__over.value == 1:
                await cycles(self.dut, self.random.randrange(1, 30))
                assert self.dut.control__over.value == 1
                await self.pulse("release")
                self.stretches_over += 1

    async def pulse(self, name: str, **values: int) -> None:
        for value, level in values.items():
            getattr(self.dut, f"control__{value}").value = level
        getattr(self.dut, f"control__{name}").value = 1
        await cycles(self.dut, 1)
        getattr(self.dut, f"control__{name}").value = 0

    def new_sample(self) -> Sample:
        spare = -self.inputs % 8
        image = bytearray(self.random.randbytes(image_bytes(self.inputs)))
        image[-1] &= 0xFF >> spare
        return self.random.randrange(1 << 10), bytes(image)

    def send(self, train: int, sample: Sample) -> None:
        """A sample of the wire."""
        label, image = sample
        self.sample.send([train | label << 1])
        self.pixels.send([byte | (i == len(image) - 1) << 8 for i, byte in enumerate(image)])

    async def store(self, slot: int, samples: list[Sample]) -> None:
        await self.pulse("slot_valid", slot=slot & 0xFFFF_FFFF, stores=1)
        stored = 0
        for sample in samples:
            self.send(0, sample)
        while stored < len(samples):
            await self.dut.clk.rising_edge
            stored += int(self.dut.control__stored.value)
        self.dut.control__stores.value = 0
        if slot >= 0:
            self.library[slot:] = samples

    async def permute(self, order: list[int]) -> None:
        await self.pulse("restart")
        self.told.send(order)
        await self.told.drained()
        await cycles(self.dut, 1)
        assert self.dut.control__wrong.value == 0
        await self.pulse("take")
        self.order = order

    async def rehearse(self, draws: Draws) -> None:
        self.draws = draws
        self.write.send([i | byte << 5 for i, byte in enumerate(packed(draws))])
        await self.write.drained()
        await cycles(self.dut, 2)

    def expect(self, train: int, sample: Sample, told: bool) -> None:
        """The contract: the sample, then what is rehearsed; where it is kept."""
        self.expected.append((train, *sample))
        if told:
            self.told_predictions.append(prediction_of(*sample))
        if train and self.draws.rehearsal.size:
            rehearsed, kept = self.draws.next()
            self.expected += [(1, *self.reservoir[i]) for i in rehearsed]
            if kept is not None:
                self.reservoir[kept] = sample

    async def play(
        self, first: int, count: int, *, train: int, permute: int = 0, told: int = 0, good: int | None = None
    ) -> None:
        """A stretch, behind what has come from the wire; `good` of its records are whole."""
        await self.pixels.drained()
        self.stretches += not told
        self.play_.send([first | count << 32 | train << 48 | permute << 49 | told << 50])
        for label, image in self.library[first : first + count][:good]:
            sample = (label, permuted(image, self.order) if permute else image)
            self.expect(train, sample, bool(told))
            self.played += not told
            self.correct += not told and prediction_of(*sample) == label
        if told and good is not None:
            self.told_predictions.extend([NOT_PLAYED] * (count - good))

    async def live(self, train: int) -> None:
        """A sample of the wire, behind what is played."""
        await self.play_.drained()
        sample = self.new_sample()
        self.send(train, sample)
        self.expect(train, sample, True)

    async def settle(self) -> None:
        """Until all has been done; it is what the contract says."""
        for source in (self.sample, self.pixels, self.play_):
            await source.drained()
        for _ in range(60):  # a rehearsed record may be on its way
            await cycles(self.dut, 20)
            if self.dut.control__at_rest.value:
                break
        assert self.engine.seen == self.expected
        assert await self.prediction.take(len(self.told_predictions)) == list(self.told_predictions)
        await cycles(self.dut, 5)
        assert not self.prediction.received
        assert self.stretches_over == self.stretches
        assert (int(self.dut.control__played.value), int(self.dut.control__correct.value)) == (self.played, self.correct)
        if self.draws.rehearsal.size:
            assert int(self.dut.control__rehearsal.value) == int.from_bytes(packed(self.draws), "little")
            await cycles(self.dut, 100)
            for i, sample in self.reservoir.items():
                slot = reservoir_slot(i)
                assert held(self.model.rules, self.inputs, slot) == pack_record(slot, *sample), f"record {i} of the reservoir"
        self.engine.seen.clear()
        self.expected.clear()
        self.told_predictions.clear()


@cocotb.test()
async def what_is_stored_is_played_in_order(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    await store.store(0, [store.new_sample() for _ in range(6)])
    await store.play(0, 6, train=1)
    await store.play(2, 3, train=0, told=1)
    await store.live(0)
    await store.settle()
    await store.permute(random.sample(range(store.inputs), store.inputs))
    await store.play(0, 4, train=1, permute=1, told=1)
    await store.play(1, 1, train=0, permute=1)
    await store.play(5, 1, train=1)
    await store.settle()
    await store.store(4, [store.new_sample() for _ in range(2)])
    await store.permute([random.randrange(store.inputs) for _ in range(store.inputs)])
    await store.live(1)
    await store.play(3, 3, train=0, permute=1)
    await store.settle()


@cocotb.test()
async def a_permutation_that_is_none_changes_nothing(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    await store.store(0, [store.new_sample()])
    order = random.sample(range(store.inputs), store.inputs)
    await store.permute(order)
    wrong = list(range(store.inputs))
    wrong[random.randrange(store.inputs)] = store.inputs
    await store.pulse("restart")
    store.told.send(wrong)
    await store.told.drained()
    await cycles(dut, 1)
    assert dut.control__wrong.value == 1
    await store.play(0, 1, train=0, permute=1)
    await store.settle()


@cocotb.test()
async def past_samples_are_rehearsed_wherever_new_ones_come_from(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    await store.store(0, [store.new_sample() for _ in range(7)])
    await store.permute(random.sample(range(store.inputs), store.inputs))
    for rehearsal in (Rehearsal(size=3, prng=77), Rehearsal(size=4, every=2, per=3, horizon=6)):
        store.reservoir.clear()
        await store.rehearse(Draws(rehearsal))
        for _ in range(3):
            await store.live(random.randrange(2))
        await store.settle()
        await store.play(0, 5, train=1, permute=random.randrange(2))
        await store.play(2, 3, train=0)
        await store.settle()
        await store.play(2, 5, train=1, told=1)
        await store.settle()
        for _ in range(5):
            await store.live(1)
        await store.settle()


@cocotb.test()
async def a_reservoir_that_was_given_is_gone_on_with(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    samples = [store.new_sample() for _ in range(4)]
    for i, sample in enumerate(samples):
        await store.store(reservoir_slot(i), [sample])
    store.reservoir = dict(enumerate(samples))
    await store.rehearse(Draws(Rehearsal(size=5, every=3), seen=4, word=12345))
    for _ in range(4):
        await store.live(1)
    await store.settle()


@cocotb.test()
async def playback_ends_before_a_damaged_record(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    await store.store(0, [store.new_sample() for _ in range(5)])
    for size in (0, 3):
        if size:
            await store.rehearse(Draws(Rehearsal(size=size)))
        *where, inside = place(MT48LC16M16A2, store.inputs, 3, 4)
        store.model.rules.flip(*where, 8 * inside + 2)
        await store.play(0, 5, train=1, told=size & 1, good=3)
        await store.settle()
        assert (dut.control__broken.value, int(dut.control__failures.value), int(dut.control__failed_slot.value)) == (1, 1, 3)
        await store.play(0, 2, train=1, good=0)
        await store.settle()
        store.model.rules.flip(*where, 8 * inside + 2)
        await store.pulse("mend")
        await cycles(dut, 1)
        assert dut.control__broken.value == 1
        await cycles(dut, 1)
        assert dut.control__broken.value == 0
        await store.play(3, 2, train=1)
        await store.settle()


@cocotb.test()
async def a_damaged_record_of_the_reservoir_ends_playback_behind_the_new_sample(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    await store.store(0, [store.new_sample() for _ in range(5)])
    await store.rehearse(Draws(Rehearsal(size=1, prng=3)))
    await store.play(0, 1, train=1)
    await store.settle()
    *where, inside = place(MT48LC16M16A2, store.inputs, reservoir_slot(0), 3)
    store.model.rules.flip(*where, 8 * inside + 5)
    store.draws = Draws(Rehearsal())  # nothing is rehearsed any more
    await store.play(1, 4, train=1, good=1)
    await store.settle()
    assert (dut.control__broken.value, int(dut.control__failed_slot.value)) == (1, 0xFFFF_FFFF)
    await store.live(1)
    await store.live(1)
    await store.settle()


@cocotb.test()
async def a_record_is_told(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"])
    samples = [store.new_sample() for _ in range(3)]
    await store.store(0, samples)
    for slot in (2, 0):
        store.recall_.send([slot])
        assert await store.recalled.take(1) == [samples[slot][0]]
        image = await store.recalled_pixels.take(image_bytes(store.inputs))
        assert bytes(byte & 0xFF for byte in image) == samples[slot][1]
        await store.recall_.drained()
    *where, inside = place(MT48LC16M16A2, store.inputs, 1, 0)
    store.model.rules.flip(*where, 8 * inside)
    store.recall_.send([1])
    await store.recall_.drained()
    assert (int(dut.control__failures.value), dut.control__broken.value) == (0, 0)
    assert not store.recalled.received
    await store.play(2, 1, train=1)
    await store.settle()


@cocotb.test()
async def an_engine_that_never_waits_is_fed_fast(dut):
    random = await start(dut)
    store = Store(dut, random, bench_parameters()["inputs"], stalls=0.0)
    count = 12
    await store.store(0, [store.new_sample() for _ in range(count)])
    await store.permute(list(range(store.inputs)))
    taken = {}
    for name, train, permute in (("played", 0, 0), ("permuted", 0, 1), ("rehearsed", 1, 0)):
        if train:
            await store.rehearse(Draws(Rehearsal(size=5)))
        before = store.model.rules.edges
        await store.play(0, count, train=train, permute=permute)
        await store.play_.drained()
        taken[name] = (store.model.rules.edges - before) / count
        await store.settle()
    print(f"{store.inputs} pixels: cycles a record {taken}")
    size = image_bytes(store.inputs)
    assert taken["played"] <= max(size, 0) + 40
    assert taken["permuted"] <= size + store.inputs / bench_parameters()["lanes"] + 45
    assert taken["rehearsed"] <= 2 * size + 330


def store(shape: Geometry) -> SampleStore:
    return SampleStore(shape, quick(BOARDS["ulx3s"]), CLOCK_HZ)


ALL = (
    "what_is_stored", "a_permutation", "past_samples", "a_reservoir", "playback_ends", "a_damaged", "a_record", "an_engine",
)  # fmt: skip


@pytest.mark.parametrize("coroutines", [ALL[:2], ALL[2:4], ALL[4:6], ALL[6:]], ids=lambda names: names[0])
def test_small_records(coroutines):
    parameters = {"inputs": 43, "lanes": lanes_of(SMALL)}
    run_bench(store(SMALL), module=__name__, parameters=parameters, coroutines="|".join(coroutines))


@pytest.mark.parametrize(("shape", "lanes"), [(GEOMETRY, 2), (ECP5_85F, 4)], ids=["two", "four"])
def test_records_of_mnist(shape, lanes):
    """A grid that takes several cycles for a row looks two pixels up in a cycle, one that takes one looks up four."""
    assert lanes_of(shape) == lanes
    parameters = {"inputs": 784, "lanes": lanes}
    run_bench(store(shape), module=__name__, parameters=parameters, coroutines="what_is_stored|an_engine")


def test_a_permutation_of_four_pixels_a_cycle():
    run_bench(store(ECP5_85F), module=__name__, parameters={"inputs": 43, "lanes": 4}, coroutines="a_permutation")
