"""Bytes on a serial wire, bit by bit, with random pauses between them and a sender's clock that is a little off."""

from collections import deque
from collections.abc import Iterable
from random import Random
from typing import Any

import cocotb
from cocotb.triggers import Event, FallingEdge, Timer

from sim.drivers.bench import CLOCK_PERIOD_NS
from sim.drivers.stream_driver import Stalls

CLOCK_ERROR = 0.015  # of the sender's bit time, at most, either way


def bit_time_ps(clocks_per_bit: float) -> int:
    """Picoseconds of one bit."""
    return round(clocks_per_bit * CLOCK_PERIOD_NS * 1000)


class WireSource:
    """Sends bytes to the design's pin `name`; the same interface as `sim.drivers.stream_driver.Source`."""

    def __init__(self, dut: Any, name: str, random: Random, clocks_per_bit: float) -> None:
        self.pin = getattr(dut, name)
        self.bit = round(bit_time_ps(clocks_per_bit) * (1 + random.uniform(-CLOCK_ERROR, CLOCK_ERROR)))
        self.random = Random(random.random())
        self.stalls = Stalls(self.random)
        self.queue: deque[int] = deque()
        self.queued = Event()
        self.pin.value = 1
        cocotb.start_soon(self._run())

    def send(self, data: Iterable[int]) -> None:
        """Queue bytes; returns at once."""
        self.queue.extend(data)
        self.queued.set()

    async def _run(self) -> None:
        while True:
            while not self.queue:
                self.queued.clear()
                await self.queued.wait()
            if self.stalls():
                await Timer(self.random.randrange(1, 12 * self.bit), "ps")
            byte = self.queue.popleft()
            for bit in (0, *(byte >> i & 1 for i in range(8)), 1):
                self.pin.value = bit
                await Timer(self.bit, "ps")


class WireSink:
    """Receives bytes from the design's pin `name` into `received`."""

    def __init__(self, dut: Any, name: str, clocks_per_bit: float) -> None:
        self.pin, self.bit = getattr(dut, name), bit_time_ps(clocks_per_bit)
        self.received: list[int] = []
        self.arrived = Event()
        cocotb.start_soon(self._run())

    async def frame(self) -> bytes:
        """The bytes up to the next delimiter, without it."""
        while 0 not in self.received:
            self.arrived.clear()
            await self.arrived.wait()
        end = self.received.index(0)
        frame = bytes(self.received[:end])
        del self.received[: end + 1]
        return frame

    async def _run(self) -> None:
        while True:
            await FallingEdge(self.pin)
            await Timer(self.bit + self.bit // 2, "ps")
            byte = 0
            for i in range(8):
                byte |= int(self.pin.value) << i
                await Timer(self.bit, "ps")
            assert self.pin.value == 1, "the stop bit is low"
            self.received.append(byte)
            self.arrived.set()
