"""Divider: every quotient that fits, exactly, after a fixed number of cycles."""

import cocotb
import pytest

from hw.forward.divide import Divider
from sim.drivers.bench import bench_parameters, run_bench, start

WIDTHS = ((7, 3, 4), (20, 9, 11), (13, 1, 12), (9, 8, 1))  # dividend, divisor, quotient


async def divide(dut, random, dividend: int, divisor: int, quotient_width: int) -> int:
    """The quotient; the dividend may change after `start`, and the quotient holds."""
    dut.dividend.value, dut.divisor.value, dut.start.value = dividend, divisor, 1
    await dut.clk.rising_edge
    dut.start.value = 0
    dut.dividend.value = random.getrandbits(len(dut.dividend))
    for cycle in range(1, quotient_width + 2):
        await dut.clk.rising_edge
        assert dut.done.value == (cycle == quotient_width + 1), f"cycle {cycle} after start"
    quotient = int(dut.quotient.value)
    for _ in range(random.choice((0, 0, 1, 5))):
        await dut.clk.rising_edge
        assert (dut.done.value, int(dut.quotient.value)) == (0, quotient)
    return quotient


@cocotb.test()
async def quotients_are_exact_and_come_in_time(dut):
    random = await start(dut)
    dividend_width, divisor_width, quotient_width = bench_parameters()["widths"]
    dut.start.value = 0
    await dut.clk.rising_edge
    cases = []
    if dividend_width <= 9:  # all that there are
        for divisor in range(1, 1 << divisor_width):
            highest = min(divisor << quotient_width, 1 << dividend_width)
            cases += [(dividend, divisor) for dividend in range(highest)]
        random.shuffle(cases)
        del cases[700:]
    else:
        for _ in range(250):
            divisor = random.choice(
                (1, (1 << divisor_width) - 1, 1 << divisor_width - 1, random.randrange(1, 1 << divisor_width))
            )
            quotient = random.choice((0, 1, (1 << quotient_width) - 1, random.getrandbits(quotient_width)))
            rest = random.choice((0, divisor - 1, random.randrange(divisor)))
            cases.append((divisor * quotient + rest, divisor))
    for dividend, divisor in cases:
        found = await divide(dut, random, dividend, divisor, quotient_width)
        assert found == dividend // divisor, f"{dividend} / {divisor}"


@cocotb.test()
async def a_new_start_replaces_a_division_under_way(dut):
    random = await start(dut)
    _, divisor_width, quotient_width = bench_parameters()["widths"]
    for _ in range(20):
        dut.dividend.value, dut.divisor.value, dut.start.value = random.getrandbits(len(dut.dividend)), 1, 1
        await dut.clk.rising_edge
        dut.start.value = 0
        for _ in range(random.randrange(quotient_width + 1)):
            await dut.clk.rising_edge
        divisor = random.randrange(1, 1 << divisor_width)
        quotient = random.getrandbits(quotient_width)
        assert await divide(dut, random, divisor * quotient, divisor, quotient_width) == quotient


@pytest.mark.parametrize("widths", WIDTHS, ids=lambda widths: "-".join(map(str, widths)))
def test_divider_is_exact(widths):
    dividend, divisor, quotient = widths
    component = Divider(dividend_width=dividend, divisor_width=divisor, quotient_width=quotient)
    run_bench(component, module=__name__, parameters={"widths": widths})
