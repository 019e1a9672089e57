"""An engine in Python behind the link's streams: it notes all that reaches it and asserts that it comes when allowed."""

import zlib
from random import Random
from typing import Any

import cocotb

from hw.engine_ports import (
    PIXELS_LAYOUT,
    PRNG_ADDRESS,
    ROW_LAYOUT,
    SAMPLE_LAYOUT,
    SIGNATURE_PLACE,
    STATE_LAYOUT,
    TABLE_LAYOUT,
    THRESHOLDS_BYTES,
)
from hw.layouts import network_layout
from sim.drivers.stream_driver import Sink, Source
from sw.contract.frames import COUNTERS, STATE, image_bytes
from sw.contract.geometry import Geometry
from sw.contract.registers import CONFIGURATION_BYTES, REGISTERS
from sw.contract.state import sign

MASK16 = 0xFFFF


def predict(pixels: bytes, classes: int) -> int:
    """What the engine says of an image: any function will do that tells images, and their order, apart."""
    return zlib.crc32(pixels) % classes


class LinkEngine:
    """Answers `EnginePorts` at `dut.engine`, slowly and irregularly.

    Members: `events`, all changes in order, as tuples; `tables`, `rows`, `prng`, `signature`, `samples`, `counters`: what they
    led to (a sample counts when its prediction is offered, as in the real engine);
    `inputs`, `classes` of the network; `rest` (cycles of work after a sample or row, at most); `ahead`: answer a sample
    only when so many later ones have arrived whole.
    """

    def __init__(self, dut: Any, geometry: Geometry, random: Random, *, rest: int = 60, stalls: float | None = None) -> None:
        self.dut, self.random, self.rest, self.ahead = dut, random, rest, 0
        self.geometry = geometry
        sinks = ("configuration", "table", "row", "row_write", "sample", "pixels", "prng_write", "state_write")
        self.sink = {name: Sink(dut, f"engine__{name}", random, stalls) for name in sinks}
        self.prediction = Source(dut, "engine__prediction", random, stalls)
        self.row_read = Source(dut, "engine__row_read", random, stalls)
        self.events: list[tuple] = []
        self.tables = bytearray(2 * THRESHOLDS_BYTES)
        self.rows: dict[int, bytearray] = {}
        self.prng, self.signature, self.samples = 1, 0, 0
        self.counters = {"bad_frames": 0} | {name: random.getrandbits(64) for name in COUNTERS[1:]}
        self.configured, self.registers = 0, bytes(CONFIGURATION_BYTES)
        self.waiting: list[tuple[int, int]] = []  # samples whose pixels have not all come: (train, label)
        self.whole: list[tuple[int, int]] = []  # predictions that are due: (train, class)
        self.writing: tuple[int, int] | None = None
        self.resting = 0
        self.driven: dict[str, int] = {}
        self.asked = False
        self._drive()
        cocotb.start_soon(self._run())

    @property
    def inputs(self) -> int:
        return REGISTERS.unpack(self.registers)[0]["inputs"]

    @property
    def neurons(self) -> list[int]:
        """Of each weight layer."""
        network, layers = REGISTERS.unpack(self.registers)
        return [layer["neurons"] for layer in layers[: network["layers"]]]

    def _network(self) -> int:
        """The bits of `hw.layouts.network_layout`."""
        neurons = self.neurons or [0]
        own, _ = REGISTERS.unpack(self.registers)
        derived = {"last_pixel": max(own.pop("inputs") - 1, 0), "rows": sum(neurons), "classes": neurons[-1]}
        return network_layout(self.geometry).const(own | derived).as_bits()

    def row(self, row: int) -> bytearray:
        return self.rows.setdefault(row, bytearray(65536))

    def _drive(self) -> None:
        for name, value in (
            ("configured", self.configured),
            ("network", self._network()),
            ("report_word", self._told()),
            ("busy", int(self._busy())),
        ):
            if self.driven.get(name) != value:
                self.driven[name] = value
                getattr(self.dut, f"engine__{name}").value = value

    def _told(self) -> int:
        """16 bits of the report if they have been asked for in this cycle and the one before, else any."""
        before, self.asked = self.asked, bool(int(self.dut.engine__report_read.value))
        if not (before and self.asked):
            return self.random.getrandbits(16)
        address = int(self.dut.engine__report_address.value)
        assert self.prediction.offered or not self._busy(), "a report is asked for while the engine works"
        if address >= PRNG_ADDRESS:
            return (self.prng | self.signature << 32) >> 16 * (address - PRNG_ADDRESS) & MASK16
        counter, part = divmod(address, 4)
        numbers = [self.samples, *self.counters.values(), self.random.getrandbits(64)]  # one byte too many is fetched
        return numbers[counter] >> 16 * part & MASK16

    def _busy(self) -> bool:
        reading = bool(self.row_read.queue) or self.row_read.offered
        predicting = bool(self.prediction.queue) or self.prediction.offered
        work = self.waiting or self.whole or self.writing or self.resting
        return bool(work or reading or predicting)

    def _take(self, name: str, count: int = 1) -> list[int] | None:
        received = self.sink[name].received
        if len(received) < count:
            return None
        taken, received[:] = received[:count], received[count:]
        return taken

    async def _run(self) -> None:
        while True:
            await self.dut.clk.rising_edge
            if self.sink["configuration"].received or self.sink["table"].received or self.sink["prng_write"].received:
                assert not self._busy(), "changed while the engine works"
            self.resting = max(0, self.resting - 1)
            if int(self.dut.engine__reset.value):
                self.configured = 0
                self.counters["bad_frames"] = 0
                self.events.append(("reset",))
            self.counters["bad_frames"] += int(self.dut.engine__bad_frame.value)
            if (taken := self._take("configuration", CONFIGURATION_BYTES)) is not None:
                self.registers, self.configured, self.signature, self.samples = bytes(taken), 1, 0, 0
                self.events.append(("configuration", bytes(taken)))
                self.resting = self.random.randrange(self.rest)
            while (taken := self._take("table")) is not None:
                byte = TABLE_LAYOUT.from_bits(taken[0])
                self.tables[byte.address] = byte.value
                self.events.append(("table", byte.address, byte.value))
            if (taken := self._take("prng_write")) is not None:
                self.prng = taken[0]
            if (taken := self._take("state_write", STATE.size - SIGNATURE_PLACE)) is not None:
                written = [STATE_LAYOUT.from_bits(payload) for payload in taken]
                assert [byte.place for byte in written] == list(range(SIGNATURE_PLACE, STATE.size))
                state = STATE.unpack(bytes(SIGNATURE_PLACE) + bytes(byte.value for byte in written))
                self.signature, self.samples = state.signature, state.samples
                self.events.append(("state", self.prng, self.signature, self.samples))
            self._access_rows()
            self._compute()
            self._drive()

    def _access_rows(self) -> None:
        if (taken := self._take("row")) is not None:
            assert not self._busy(), "a row is asked for while the engine works"
            asked = ROW_LAYOUT.from_bits(taken[0])
            assert asked.count > 0
            if asked.write:
                self.writing = (asked.row, asked.count)
            else:
                self.row_read.send(self.row(asked.row)[: asked.count])
        if self.writing and (taken := self._take("row_write", self.writing[1])) is not None:
            self.row(self.writing[0])[: len(taken)] = bytes(taken)
            self.events.append(("row", self.writing[0], bytes(taken)))
            self.writing = None
            self.resting = self.random.randrange(self.rest)

    def _compute(self) -> None:
        while (taken := self._take("sample")) is not None:
            sample = SAMPLE_LAYOUT.from_bits(taken[0])
            self.waiting.append((sample.train, sample.label))
        assert self.waiting or not self.sink["pixels"].received, "pixels before their sample"
        size = image_bytes(self.inputs)
        if self.waiting and (taken := self._take("pixels", size)) is not None:
            train, label = self.waiting.pop(0)
            pixels = [PIXELS_LAYOUT.from_bits(payload) for payload in taken]
            assert [byte.last for byte in pixels] == [0] * (size - 1) + [1], "the last byte is marked"
            image = bytes(byte.data for byte in pixels)
            self.events.append(("sample", train, label, image))
            self.whole.append((train, predict(image, self.neurons[-1])))
        # Two samples on the chip, as in the real engine: no further one until a prediction has left.
        held = len(self.whole) + len(self.prediction.queue) + self.prediction.offered + len(self.waiting)
        self.sink["sample"].paused = held >= max(2, self.ahead + 1)
        given = bool(self.prediction.queue) or self.prediction.offered
        if len(self.whole) > self.ahead and not given and self.random.random() < 0.1:
            train, prediction = self.whole.pop(0)
            if train:
                self.samples += 1
                self.signature = sign(self.signature, [self.prng], [prediction])
            self.prediction.send([prediction])
            self.resting = self.random.randrange(self.rest)
