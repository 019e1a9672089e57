"""The other end of the link on Amaranth's own simulator: frames in and out as bytes, with stalls on both sides."""

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from amaranth.sim import Simulator

from hw.accelerator import Accelerator
from sim.drivers.bench_host import BenchHost

PERIOD = 1e-6  # seconds of a cycle, in which nothing here is measured
Driver = Callable[[Any], Coroutine[Any, Any, None]]


class ByteHost(BenchHost):
    """Asks over the streams `rx` and `tx` of an accelerator."""

    def __init__(self, ctx: Any, dut: Accelerator, random: Random, sequence: int | None = None) -> None:
        super().__init__(random.randrange(2**16) if sequence is None else sequence)
        self.ctx, self.dut, self.random = ctx, dut, random

    async def send(self, data: bytes) -> None:
        for byte in data:
            await self._pause()
            self.ctx.set(self.dut.rx.payload, byte)
            self.ctx.set(self.dut.rx.valid, 1)
            await self.ctx.tick().until(self.dut.rx.ready)
            self.ctx.set(self.dut.rx.valid, 0)

    async def listen(self) -> bytes:
        await self._pause()
        self.ctx.set(self.dut.tx.ready, 1)
        (byte,) = await self.ctx.tick().sample(self.dut.tx.payload).until(self.dut.tx.valid)
        self.ctx.set(self.dut.tx.ready, 0)
        return bytes([byte])

    async def _pause(self) -> None:
        if self.random.random() < 0.05:
            await self.ctx.tick().repeat(self.random.randrange(1, 8))


def advance(dut: Any, driver: Driver, most_steps: int) -> bool:
    """Run `driver` on `dut`, for so many steps of the simulator at most; whether it came to its end."""
    simulator = Simulator(dut)
    simulator.add_clock(PERIOD)
    simulator.add_testbench(driver)
    return any(not simulator.advance() for _ in range(most_steps))
