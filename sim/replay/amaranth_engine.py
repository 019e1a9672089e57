"""A run on Amaranth's own simulator: frames in and out as bytes, with stalls on both sides."""

from random import Random
from typing import Any

from hw.accelerator import Accelerator
from sim.byte_host import ByteHost, advance
from sim.replay.run_file import Run
from sw.contract.commands import Command
from sw.contract.frames import Hello

MOST_STEPS = 40_000_000


def replies(run: Run) -> list[bytes]:
    """The payloads of all replies, asked one after another. AssertionError if one does not come, or another one."""
    dut = Accelerator(run.geometry)
    found: list[bytes] = []

    async def play(ctx: Any) -> None:
        host = ByteHost(dut, Random(run.seed))
        host.sequence = 2**16 - len(run.steps) // 2  # wraps in the middle
        host.nonce = Hello.unpack(await host.ask(ctx, Command.HELLO)).nonce
        for step in run.steps:
            found.append(await host.ask(ctx, step.command, step.payload))

    if not advance(dut, play, MOST_STEPS):
        raise AssertionError(f"the accelerator has answered {len(found)} of {len(run.steps)} requests")
    return found
