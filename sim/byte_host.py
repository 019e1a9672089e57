"""The other end of the link on Amaranth's own simulator: frames in and out as bytes, with stalls on both sides."""

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from amaranth.sim import Simulator
from cobs import cobs

from hw.accelerator import Accelerator
from sw.contract.commands import Command
from sw.contract.frames import REPLY, Frame

PERIOD = 1e-6  # seconds of a cycle, in which nothing here is measured
Driver = Callable[[Any], Coroutine[Any, Any, None]]


class ByteHost:
    """Asks over the streams `rx` and `tx` of an accelerator, one request at a time."""

    def __init__(self, dut: Accelerator, random: Random) -> None:
        self.dut, self.random = dut, random
        self.sequence, self.nonce = random.randrange(2**16), 0

    async def ask(self, ctx: Any, command: Command, payload: bytes = b"") -> bytes:
        self.sequence = (self.sequence + 1) % 2**16
        frame = Frame(type=command, sequence=self.sequence, nonce=self.nonce, payload=payload)
        for byte in cobs.encode(frame.pack()) + b"\0":
            await self._pause(ctx)
            ctx.set(self.dut.rx.payload, byte)
            ctx.set(self.dut.rx.valid, 1)
            await ctx.tick().until(self.dut.rx.ready)
            ctx.set(self.dut.rx.valid, 0)
        received = bytearray()
        while not received or received[-1]:
            await self._pause(ctx)
            ctx.set(self.dut.tx.ready, 1)
            (byte,) = await ctx.tick().sample(self.dut.tx.payload).until(self.dut.tx.valid)
            ctx.set(self.dut.tx.ready, 0)
            received.append(byte)
        reply = Frame.unpack(cobs.decode(bytes(received[:-1])))
        assert (reply.type, reply.sequence) == (command | REPLY, self.sequence), f"{command.name}: {reply}"
        return reply.payload

    async def _pause(self, ctx: Any) -> None:
        if self.random.random() < 0.05:
            await ctx.tick().repeat(self.random.randrange(1, 8))


def advance(dut: Any, driver: Driver, most_steps: int) -> bool:
    """Run `driver` on `dut`, for so many steps of the simulator at most; whether it came to its end."""
    simulator = Simulator(dut)
    simulator.add_clock(PERIOD)
    simulator.add_testbench(driver)
    return any(not simulator.advance() for _ in range(most_steps))
