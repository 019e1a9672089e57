"""Record store: records lie in the memory as the contract says, come back whole, and never come back damaged."""

import cocotb
import pytest
from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out, connect, flipped

from hw.store.chip import AS4C32M16SB, GW2AR_SDRAM, MT48LC16M16A2
from hw.store.pins import PinSignals
from hw.store.records import Records
from hw.store.sdram import Sdram
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.sdram_chip import SdramChip
from sim.drivers.sdram_records import held, place
from sim.drivers.stream_driver import Sink, Source, cycles
from sim.store.test_controller import BOARDS, quick
from sw.contract.frames import image_bytes
from sw.contract.geometry import Geometry
from sw.contract.sample_memory import capacity, pack_record, record_bytes

NOTE = data.StructLayout({"number": 8})
GEOMETRY = Geometry(columns=832, rows=39, grid_height=2, grid_width=2, synapses_per_cell=8, folds=26, slices=4)
SMALL = Geometry(columns=48, rows=20, grid_height=2, grid_width=1, synapses_per_cell=8, folds=3, slices=4)
CLOCK_HZ = 80_000_000
PARTS = {chip.name: chip for chip in (MT48LC16M16A2, AS4C32M16SB, GW2AR_SDRAM)}


class Top(wiring.Component):
    """The record store on an SDRAM, whose pins are signals."""

    def __init__(self, geometry: Geometry, board: str) -> None:
        chip = quick(BOARDS[board])
        self.records = Records(geometry, chip, NOTE)
        self.sdram = Sdram(chip, CLOCK_HZ)
        own = {name: member for name, member in self.records.signature.members.items() if name != "transfers"}
        super().__init__({**own, "pins": Out(PinSignals(chip))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.records = records = self.records
        m.submodules.sdram = sdram = self.sdram
        connect(m, records.transfers, sdram.transfers)
        connect(m, sdram.pins, flipped(self.pins))
        for name in ("kept", "store", "fetch"):
            connect(m, flipped(getattr(self, name)), getattr(records, name))
        for name in ("sample", "pixels"):
            connect(m, getattr(records, name), flipped(getattr(self, name)))
        for name in ("last_pixel", "wide", "begin", "label"):
            m.d.comb += getattr(records, name).eq(getattr(self, name))
        for name in ("whole", "failed", "fetched", "empty"):
            m.d.comb += getattr(self, name).eq(getattr(records, name))
        return m


class Store:
    """The record store under cocotb."""

    def __init__(self, dut, random, inputs: int, stalls: float | None = None) -> None:
        self.dut, self.random, self.inputs = dut, random, inputs
        parameters = bench_parameters()
        self.chip = PARTS[parameters["part"]]
        self.model = SdramChip(dut, quick(self.chip), CLOCK_HZ, random)
        self.kept, self.store, self.fetch = (Source(dut, name, random) for name in ("kept", "store", "fetch"))
        self.sample, self.pixels = Sink(dut, "sample", random, stalls), Sink(dut, "pixels", random, stalls)
        self.failures: list[int] = []
        dut.last_pixel.value, dut.wide.value, dut.begin.value = inputs - 1, self.chip.columns == 1024, 0
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        while True:
            await self.dut.clk.rising_edge
            if self.dut.failed.value == 1:
                self.failures.append(int(self.dut.fetched.value) & 0xFFFF_FFFF)

    async def write(self, slot: int, label: int, image: bytes) -> None:
        """Until it is in the memory."""
        self.dut.begin.value, self.dut.label.value = 1, label
        await cycles(self.dut, 1)
        self.dut.begin.value = 0
        self.kept.send([byte | (i == len(image) - 1) << 8 for i, byte in enumerate(image)])
        self.store.send([slot & 0xFFFF_FFFF])
        await self.store.drained()

    def read(self, slot: int, note: int) -> None:
        self.fetch.send([slot & 0xFFFF_FFFF | note << 32])

    async def expect(self, note: int, label: int, image: bytes) -> None:
        assert await self.sample.take(1) == [label | note << 16]
        pixels = await self.pixels.take(len(image))
        assert bytes(byte & 0xFF for byte in pixels) == image
        assert [byte >> 8 for byte in pixels] == [0] * (len(image) - 1) + [1]

    def new_sample(self) -> tuple[int, bytes]:
        return self.random.randrange(1 << 16), self.random.randbytes(image_bytes(self.inputs))


@cocotb.test()
async def records_lie_as_the_contract_says_and_come_back(dut):
    random = await start(dut)
    for inputs in bench_parameters()["inputs"]:
        dut.rst.value = 1
        await cycles(dut, 2)
        dut.rst.value = 0
        store = Store(dut, random, inputs)
        most = capacity(store.chip.bytes, inputs)
        slots = [0, 1, 2, -1, -2, most // 2, most - 3, *(random.randrange(3, most // 2) for _ in range(2))]
        samples = {slot: store.new_sample() for slot in slots}
        for slot, sample in samples.items():
            await store.write(slot, *sample)
        await cycles(dut, 30)
        for slot, sample in samples.items():
            assert held(store.model.rules, inputs, slot) == pack_record(slot, *sample), f"slot {slot}"
        random.shuffle(slots)
        for note, slot in enumerate(slots):
            store.read(slot, note)
        for note, slot in enumerate(slots):
            await store.expect(note, *samples[slot])
        await cycles(dut, 30)
        assert (dut.empty.value, store.failures) == (1, [])
        break_off(store)


def break_off(store: Store) -> None:
    for part in (store.model, store.kept, store.store, store.fetch, store.sample, store.pixels):
        part.task.cancel()


@cocotb.test()
async def a_damaged_record_is_told_and_never_given(dut):
    random = await start(dut)
    inputs = bench_parameters()["inputs"][0]
    store = Store(dut, random, inputs)
    samples = [store.new_sample() for _ in range(4)]
    for slot, sample in enumerate(samples):
        await store.write(slot, *sample)
    await cycles(dut, 30)
    for byte in [0, 1, 2, 1 + image_bytes(inputs), record_bytes(inputs) - 1, random.randrange(record_bytes(inputs))]:
        *where, inside = place(store.chip, inputs, 2, byte)
        bit = 8 * inside + random.randrange(8)
        store.model.rules.flip(*where, bit)
        for slot in range(4):
            store.read(slot, 10 + slot)
        for slot in (0, 1, 3):
            await store.expect(10 + slot, *samples[slot])
        assert store.failures == [2], f"byte {byte}"
        store.failures.clear()
        store.model.rules.flip(*where, bit)
    # a record of another slot, whole as it is
    for byte in range(record_bytes(inputs)):
        *there, inside = place(store.chip, inputs, 1, byte)
        *here, _ = place(store.chip, inputs, 3, byte)
        if not inside:
            store.model.rules.words[tuple(here)] = store.model.rules.held(*there)
    store.read(3, 1)
    await cycles(dut, 400)
    assert store.failures == [3]


@cocotb.test()
async def the_next_record_is_read_while_one_is_given(dut):
    random = await start(dut)
    inputs = bench_parameters()["inputs"][0]
    store = Store(dut, random, inputs, stalls=0.0)
    sample = store.new_sample()
    await store.write(5, *sample)
    await cycles(dut, 30)
    count = 14
    store.fetch.stalls.fixed = 0.0
    for _ in range(count):
        store.read(5, 0)
    await store.sample.take(4)
    begun = store.model.rules.edges
    await store.sample.take(count - 4)
    cycles_a_record = (store.model.rules.edges - begun) / (count - 4)
    words = record_bytes(inputs) * 8 // store.chip.width
    print(f"{cycles_a_record:.1f} cycles a record of {inputs} pixels, {words} words")
    assert cycles_a_record <= 1.01 * max(words + 32, image_bytes(inputs) + 2)


@pytest.mark.parametrize(
    ("board", "part", "geometry", "inputs"),
    [
        ("ulx3s", MT48LC16M16A2.name, GEOMETRY, (784, 832)),
        ("ulx3s", AS4C32M16SB.name, SMALL, (48, 1, 9)),
        ("gw2ar", GW2AR_SDRAM.name, GEOMETRY, (784, 17, 48)),
    ],
)
def test_records_are_kept(board, part, geometry, inputs):
    run_bench(Top(geometry, board), module=__name__, parameters={"part": part, "inputs": inputs})
