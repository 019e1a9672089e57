"""What fits into the sample memory: to the last record, for records of one burst and of several."""

import pytest
from amaranth.sim import Simulator

from hw.link.memory_check import MemoryCheck
from sw.contract.board_table import ECP5_85F
from sw.contract.commands import Command
from sw.contract.frames import Reason, image_bytes
from sw.contract.sample_memory import ALIGNMENT, LABEL, record_bytes


@pytest.mark.parametrize("reserved", [0, 3])
@pytest.mark.parametrize("inputs", [43, 81, 300, 600, 784])
def test_records_are_stored_up_to_the_last_that_has_room(inputs, reserved):
    check, each, records = MemoryCheck(ECP5_85F), record_bytes(inputs) // ALIGNMENT, 1000
    told = []

    async def ask(context) -> None:
        context.set(check.kind, Command.STORE)
        context.set(check.last_pixel, inputs - 1)
        context.set(check.records, records)
        context.set(check.size, reserved)
        for count, beside, left_over in ((1, 0, 0), (20, 0, each - 1), (1, 1, 0), (20, 1, each - 1)):
            slot = records - reserved - count + beside
            arguments = (slot | count << 32) << len(check.arguments) - 40
            context.set(check.arguments, arguments)
            context.set(check.bursts, each * records + left_over)
            context.set(check.left, count * (LABEL.size + image_bytes(inputs)))
            context.set(check.start, 1)
            await context.tick()
            context.set(check.start, 0)
            await context.tick().until(check.done)
            told.append(context.get(check.reason))

    simulator = Simulator(check)
    simulator.add_clock(1e-6)
    simulator.add_testbench(ask)
    simulator.run()
    assert told == [0, 0, Reason.RANGE, Reason.RANGE]
