"""The whole accelerator on Amaranth's own simulator, which runs what becomes RTLIL and the bitstream, without Verilog.

Frames go in and out as bytes, with stalls on both sides; everything that it says is compared with the twin. Once more
over the pins, which is slow here, it says HELLO.
"""

import os
from typing import Any

import pytest
from cobs import cobs

from hw.accelerator import Accelerator
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from sim.drivers.byte_host import Driver, advance
from sim.drivers.learning_host import GEOMETRY, MOST_CYCLES, learning_host
from sw.contract.commands import Command
from sw.contract.escape import ESCAPE, FORBIDDEN, Unescaper, escape
from sw.contract.frames import REPLY, Frame, Hello, told_shape

SEED = int(os.environ.get("SEED", "1"))
RATE = BaudRate(clock_hz=50_000_000, baud=8_000_000)


def simulate(dut: Any, driver: Driver) -> None:
    """Run `driver` on `dut` until it ends; AssertionError after MOST_CYCLES."""
    ends = advance(dut, driver, 8 * MOST_CYCLES)
    assert ends, f"the accelerator has not answered everything within some {MOST_CYCLES} cycles"


def test_the_accelerator_learns_like_the_twin() -> None:
    dut = Accelerator(GEOMETRY, buffer_bytes=1024)
    simulate(dut, learning_host(dut, GEOMETRY, SEED))


@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
def test_the_serial_accelerator_says_hello_over_its_pins(escaped: bool) -> None:
    build = FORBIDDEN << 8 | ESCAPE  # in the reply, as the sequence number is in both
    sequence = ESCAPE << 8 | FORBIDDEN
    dut = SerialAccelerator(GEOMETRY, RATE, build=build, buffer_bytes=1024, escaped=escaped)
    ratio = RATE.clock_hz / RATE.baud
    request = cobs.encode(Frame(type=Command.HELLO, sequence=sequence, nonce=0, payload=b"").pack()) + b"\0"
    request = escape(request) if escaped else request
    received = bytearray()

    async def sender(ctx: Any) -> None:
        ctx.set(dut.rx, 1)
        await ctx.tick().repeat(20)
        bits = [bit for byte in request for bit in (0, *(byte >> i & 1 for i in range(8)), 1)]
        for i, bit in enumerate(bits):
            ctx.set(dut.rx, bit)
            await ctx.tick().repeat(round(ratio * (i + 1)) - round(ratio * i))
        while not received or received[-1]:
            await ctx.tick().until(~dut.tx)  # one cycle after the edge of the start bit
            byte, gone = 0, 1
            for i in range(8):
                centre = round(ratio * (i + 1.5))
                await ctx.tick().repeat(centre - gone)
                gone = centre
                byte |= ctx.get(dut.tx) << i
            await ctx.tick().until(dut.tx)
            received.append(byte)

    simulate(dut, sender)
    assert (FORBIDDEN in received) != escaped
    answer = Unescaper().feed(bytes(received)) if escaped else bytes(received)
    reply = Frame.unpack(cobs.decode(answer[:-1]))
    assert (reply.type, reply.sequence) == (Command.HELLO | REPLY, sequence)
    hello = Hello.unpack(reply.payload)
    assert {name: getattr(hello, name) for name in told_shape(GEOMETRY)} == told_shape(GEOMETRY)
    assert (hello.clock_hz, hello.build) == (RATE.clock_hz, build)
