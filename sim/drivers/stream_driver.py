"""Drives and watches Amaranth streams (`<name>__payload`, `__valid`, `__ready`) with random stalls on both sides.

Both objects run by themselves from the moment they are made. Payloads are integers; of a structure they are its bits.
"""

from collections import deque
from collections.abc import Iterable
from random import Random
from typing import Any

import cocotb
from cocotb.triggers import Event

MOODS = (0.0, 0.0, 0.2, 0.5, 0.9)  # probabilities of a stall: full speed, trickles and long silence all happen
MOOD_CYCLES = 60


class Stalls:
    """Says each cycle whether to stall. The probability changes every few dozen cycles; a fixed one may be given."""

    def __init__(self, random: Random, probability: float | None = None) -> None:
        self.random, self.fixed, self.mood, self.left = random, probability, 0.0, 0

    def __call__(self) -> bool:
        if self.fixed is not None:
            return self.random.random() < self.fixed
        if not self.left:
            self.mood, self.left = self.random.choice(MOODS), self.random.randrange(1, 2 * MOOD_CYCLES)
        self.left -= 1
        return self.random.random() < self.mood


class Source:
    """Sends payloads into the stream input `name` of the design, in order; `valid` stays up until the transfer."""

    def __init__(self, dut: Any, name: str, random: Random, stalls: float | None = None) -> None:
        self.clock = dut.clk
        self.payload, self.valid, self.ready = (getattr(dut, f"{name}__{end}") for end in ("payload", "valid", "ready"))
        self.stalls = Stalls(Random(random.random()), stalls)
        self.queue: deque[int] = deque()
        self.queued = Event()
        self.sent = 0
        self.paused = self.offered = False
        self.valid.value = 0
        self.task = cocotb.start_soon(self._run())

    def send(self, payloads: Iterable[int]) -> None:
        """Queue payloads; returns at once."""
        self.queue.extend(payloads)
        self.queued.set()

    async def drained(self) -> None:
        """Until everything that was queued has been taken by the design."""
        target = self.sent + len(self.queue) + self.offered
        while self.sent < target:
            await self.clock.rising_edge

    async def _run(self) -> None:
        while True:
            if not self.offered and not self.queue:  # nothing to do at any edge: benches idle most of their time
                self.queued.clear()
                await self.queued.wait()
            await self.clock.rising_edge
            if self.offered and self.ready.value == 1:
                self.offered = False
                self.valid.value = 0
                self.sent += 1
            if not self.offered and self.queue and not self.paused and not self.stalls():
                self.offered = True
                self.payload.value = self.queue.popleft()
                self.valid.value = 1


class Sink:
    """Takes payloads from the stream output `name` into `received`; asserts that an offer is held until it is taken."""

    def __init__(self, dut: Any, name: str, random: Random, stalls: float | None = None) -> None:
        self.clock, self.name = dut.clk, name
        self.payload, self.valid, self.ready = (getattr(dut, f"{name}__{end}") for end in ("payload", "valid", "ready"))
        self.stalls = Stalls(Random(random.random()), stalls)
        self.received: list[int] = []
        self.arrived = Event()
        self.paused = False
        self.ready.value = 0
        self.task = cocotb.start_soon(self._run())

    async def take(self, count: int, cycles: int = 100_000) -> list[int]:
        """Remove and return the next `count` payloads; AssertionError if they take longer than `cycles`."""
        for _ in range(cycles):
            if len(self.received) >= count:
                break
            await self.clock.rising_edge
        assert len(self.received) >= count, f"{self.name}: {len(self.received)} of {count} payloads in {cycles} cycles"
        taken, self.received[:] = self.received[:count], self.received[count:]
        return taken

    async def frame(self) -> bytes:
        """Remove and return the bytes up to the next delimiter, without it."""
        while 0 not in self.received:
            self.arrived.clear()
            await self.arrived.wait()
        end = self.received.index(0)
        taken, self.received[:] = bytes(self.received[:end]), self.received[end + 1 :]
        return taken

    async def _run(self) -> None:
        ready, held = False, None
        while True:
            await self.clock.rising_edge
            valid = self.valid.value == 1
            assert not valid or self.payload.value.is_resolvable, f"{self.name}: undefined payload {self.payload.value}"
            payload = int(self.payload.value) if valid else None
            assert held is None or payload == held, f"{self.name}: offer {held} became {payload} before it was taken"
            if valid and ready:
                self.received.append(payload)
                self.arrived.set()
            held = payload if valid and not ready else None
            before, ready = ready, not self.paused and not self.stalls()
            if ready != before:
                self.ready.value = int(ready)


async def cycles(dut: Any, count: int) -> None:
    """Wait for `count` rising edges."""
    for _ in range(count):
        await dut.clk.rising_edge
