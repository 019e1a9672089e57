"""An engine in Python behind the link's streams: it notes all that reaches it and asserts that it comes when allowed."""

import zlib
from random import Random
from typing import Any

import cocotb

from hw.engine_ports import PRNG_ADDRESS, SIGNATURE_PLACE
from hw.layouts import network_layout
from sim.stream_driver import Sink, Source
from sw.contract.frames import COUNTERS, image_bytes
from sw.contract.geometry import Geometry
from sw.contract.registers import CONFIGURATION_BYTES
from sw.contract.state import sign
from sw.contract.table import ENTRIES

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
        self.tables = bytearray(4 * 2 * ENTRIES)
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
        return int.from_bytes(self.registers[1:3], "little")

    @property
    def neurons(self) -> list[int]:
        """Of each weight layer."""
        layers = self.registers[0]
        return [int.from_bytes(self.registers[6 + 14 * i :][:2], "little") for i in range(layers)]

    def _network(self) -> int:
        """The bits of `hw.layouts.network_layout`."""
        neurons = self.neurons or [0]
        fields = {
            "layers": self.registers[0],
            "last_pixel": max(self.inputs - 1, 0),
            "margin": int.from_bytes(self.registers[3:5], "little", signed=True),
            "relax_floor": self.registers[5],
            "rows": sum(neurons),
            "classes": neurons[-1],
        }
        return network_layout(self.geometry).const(fields).as_bits()

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
                address, value = taken[0] & 0x7FF, taken[0] >> 11
                self.tables[address] = value
                self.events.append(("table", address, value))
            if (taken := self._take("prng_write")) is not None:
                self.prng = taken[0]
            if (taken := self._take("state_write", 12)) is not None:
                assert [payload & 15 for payload in taken] == list(range(SIGNATURE_PLACE, 16))
                values = bytes(payload >> 4 for payload in taken)
                self.signature, self.samples = int.from_bytes(values[:4], "little"), int.from_bytes(values[4:], "little")
                self.events.append(("state", self.prng, self.signature, self.samples))
            self._access_rows()
            self._compute()
            self._drive()

    def _access_rows(self) -> None:
        if (taken := self._take("row")) is not None:
            assert not self._busy(), "a row is asked for while the engine works"
            write, row, count = taken[0] & 1, taken[0] >> 1 & MASK16, taken[0] >> 17
            assert count > 0
            if write:
                self.writing = (row, count)
            else:
                self.row_read.send(self.row(row)[:count])
        if self.writing and (taken := self._take("row_write", self.writing[1])) is not None:
            self.row(self.writing[0])[: len(taken)] = bytes(taken)
            self.events.append(("row", self.writing[0], bytes(taken)))
            self.writing = None
            self.resting = self.random.randrange(self.rest)

    def _compute(self) -> None:
        while (taken := self._take("sample")) is not None:
            self.waiting.append((taken[0] & 1, taken[0] >> 1))
        assert self.waiting or not self.sink["pixels"].received, "pixels before their sample"
        size = image_bytes(self.inputs)
        if self.waiting and (taken := self._take("pixels", size)) is not None:
            train, label = self.waiting.pop(0)
            assert [byte >> 8 for byte in taken] == [0] * (size - 1) + [1], "the last byte is marked"
            taken = [byte & 0xFF for byte in taken]
            self.events.append(("sample", train, label, bytes(taken)))
            self.whole.append((train, predict(bytes(taken), self.neurons[-1])))
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
