"""A run on Amaranth's own simulator: frames in and out as bytes, with stalls on both sides."""

from random import Random
from typing import Any

from amaranth.sim import Simulator
from cobs import cobs

from hw.accelerator import Accelerator
from sim.replay.run_file import Run
from sw.contract.frames import REPLY, Command, Frame, Hello

STALL, LONGEST_STALL = 0.05, 8
MOST_STEPS = 40_000_000


def replies(run: Run) -> list[bytes]:
    """The payloads of all replies, asked one after another. AssertionError if one does not come, or another one."""
    dut, random = Accelerator(run.geometry), Random(run.seed)
    found: list[bytes] = []
    sequence = 2**16 - len(run.steps) // 2  # wraps in the middle

    async def pause(ctx: Any) -> None:
        if random.random() < STALL:
            await ctx.tick().repeat(random.randrange(1, LONGEST_STALL))

    async def ask(ctx: Any, command: Command, payload: bytes, nonce: int) -> bytes:
        nonlocal sequence
        sequence = (sequence + 1) % 2**16
        frame = Frame(type=command, sequence=sequence, nonce=nonce, payload=payload)
        for byte in cobs.encode(frame.pack()) + b"\0":
            await pause(ctx)
            ctx.set(dut.rx.payload, byte)
            ctx.set(dut.rx.valid, 1)
            await ctx.tick().until(dut.rx.ready)
            ctx.set(dut.rx.valid, 0)
        received = bytearray()
        while not received or received[-1]:
            await pause(ctx)
            ctx.set(dut.tx.ready, 1)
            (byte,) = await ctx.tick().sample(dut.tx.payload).until(dut.tx.valid)
            ctx.set(dut.tx.ready, 0)
            received.append(byte)
        reply = Frame.unpack(cobs.decode(bytes(received[:-1])))
        assert (reply.type, reply.sequence) == (command | REPLY, sequence), f"{command.name}: {reply}"
        return reply.payload

    async def host(ctx: Any) -> None:
        nonce = Hello.unpack(await ask(ctx, Command.HELLO, b"", 0)).nonce
        for step in run.steps:
            found.append(await ask(ctx, step.command, step.payload, nonce))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    for _ in range(MOST_STEPS):
        if not simulator.advance():
            return found
    raise AssertionError(f"the accelerator has answered {len(found)} of {len(run.steps)} requests")
