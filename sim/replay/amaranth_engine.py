"""A run on Amaranth's own simulator: frames in and out as bytes, with stalls on both sides."""

from random import Random
from typing import Any

from hw.accelerator import Accelerator
from sim.drivers.byte_host import ByteHost, advance
from sim.replay.run_file import Run

MOST_STEPS = 40_000_000


def replies(run: Run) -> list[bytes]:
    """The payloads of all replies. AssertionError if one does not come, or another one."""
    dut = Accelerator(run.geometry)
    answers: list[bytes] = []

    async def play(ctx: Any) -> None:
        host = ByteHost(ctx, dut, Random(run.seed), sequence=run.wrapping_sequence)
        await host.begin(run.geometry)
        async for reply in host.exchange(run.requests):
            answers.append(reply)

    if not advance(dut, play, MOST_STEPS):
        raise AssertionError(f"the accelerator has answered {len(answers)} of {len(run.steps)} requests")
    return answers
