"""PLLs against the tools of the device vendors' open databases; the baud rate; the reset that waits for the lock."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest
from amaranth.hdl import ClockDomain, Fragment, Module, ResetSignal, Signal
from amaranth.sim import Simulator

from boards.clocks import HOLD_SECONDS, Clocks, uart_rate
from boards.error import RequestError
from boards.pll import Ecp5Pll, Ice40Pll, Pll

MHZ = 1_000_000


def answer(tool: str, *arguments: str, folder: Path | None = None) -> str:
    """What a YoWASP tool prints."""
    program = Path(sys.executable).parent / f"yowasp-{tool}"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, cwd=folder).stdout


def number(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    assert found, f"{pattern} in {text}"
    return int(found[1])


@pytest.mark.parametrize(("given", "asked"), [(25, 80), (25, 60), (25, 66.5), (48, 77), (48, 85), (100, 90), (12, 96)])
def test_the_ecp5_pll_is_the_one_that_ecppll_finds(given: float, asked: float, tmp_path: Path):
    text = answer("ecppll", "-i", str(given), "-o", str(asked), "-f", "pll.v", folder=tmp_path)
    verilog = (tmp_path / "pll.v").read_text()
    pll = Ecp5Pll.search(Fraction(given) * MHZ, Fraction(str(asked)) * MHZ)
    assert (pll.reference, pll.feedback, pll.output) == (
        number(text, r"Refclk divisor: (\d+)"),
        number(text, r"Feedback divisor: (\d+)"),
        number(text, r"clkout0 divisor: (\d+)"),
    )
    parameters = pll.instance(Signal(), Signal(), Signal()).parameters
    for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOP_CPHASE", "CLKOP_FPHASE"):
        assert parameters[name] == number(verilog, rf"\.{name}\((\d+)\)")


@pytest.mark.parametrize(("given", "asked"), [(12, 24), (12, 30), (12, 36), (12, 41), (48, 100), (100, 33)])
def test_the_ice40_pll_is_the_one_that_icepll_finds(given: int, asked: int):
    text = answer("icepll", "-i", str(given), "-o", str(asked))
    pll = Ice40Pll.search(Fraction(given * MHZ), Fraction(asked * MHZ))
    assert (pll.divr, pll.divf, pll.divq, pll.filter_range) == (
        number(text, r"DIVR:\s+(\d+)"),
        number(text, r"DIVF:\s+(\d+)"),
        number(text, r"DIVQ:\s+(\d+)"),
        number(text, r"FILTER_RANGE: (\d+)"),
    )
    assert round(float(pll.frequency) / MHZ, 3) == float(re.search(r"F_PLLOUT:\s+([\d.]+) MHz \(achieved\)", text)[1])


@pytest.mark.parametrize("kind", [Ecp5Pll, Ice40Pll])
def test_an_oscillator_below_the_phase_detector_is_refused(kind):
    with pytest.raises(RequestError, match="^no PLL setting makes 80 MHz from 1 MHz$"):
        kind.search(Fraction(MHZ), Fraction(80 * MHZ))


def test_a_clock_below_four_times_the_baud_rate_is_refused():
    assert uart_rate(Fraction(12 * MHZ), 3 * MHZ).clock_hz == 12 * MHZ
    with pytest.raises(RequestError, match="11.9 MHz is too slow for 3000000 baud: ask for 12 MHz or more"):
        uart_rate(Fraction(11_900_000), 3 * MHZ)


def test_a_baud_rate_off_by_more_than_two_per_cent_is_refused():
    """At 80 MHz the phase of a slow line grows by a few units a cycle, which rounding changes by much."""
    assert 0.01 < abs(uart_rate(Fraction(80 * MHZ), 165).error) < 0.02
    with pytest.raises(RequestError, match="50 baud from 80 MHz is off by -4.6%, more than 2%"):
        uart_rate(Fraction(80 * MHZ), 50)


class FakePll:
    """A loop whose clock and lock the test drives."""

    frequency = Fraction(MHZ)

    def __init__(self) -> None:
        self.clock, self.locked = Signal(), Signal()

    def instance(self, pin: object, clock: Signal, locked: Signal) -> Module:
        m = Module()
        m.d.comb += [clock.eq(self.clock), locked.eq(self.locked)]
        return m


class FakePlatform:
    """A platform whose clock needs no pin."""

    default_clk, default_rst, io = "clk", None, None

    def request(self, name: str, dir: str) -> "FakePlatform":
        assert (name, dir) == ("clk", "-")
        return self


def test_the_reset_is_held_until_the_lock_has_lasted_and_comes_back_without_it():
    m, pll, reset = Module(), FakePll(), Signal(init=1)
    m.domains += ClockDomain("sync")
    m.submodules.clocks = Clocks(cast(Pll, pll), buffered=False)
    counter = Signal(8)
    m.d.sync += counter.eq(counter + 1)
    m.d.comb += reset.eq(ResetSignal("sync"))
    hold = round(HOLD_SECONDS * MHZ)

    async def bench(context):
        async def cycles(count):
            for _ in range(count):
                context.set(pll.clock, 1)
                await context.delay(5e-7)
                context.set(pll.clock, 0)
                await context.delay(5e-7)

        await cycles(100)
        assert context.get(reset) == 1
        context.set(pll.locked, 1)
        await cycles(hold - 1)
        assert context.get(reset) == 1
        await cycles(hold + 4)
        assert context.get(reset) == 0
        assert context.get(counter) > 0
        context.set(pll.locked, 0)
        await cycles(4)
        assert context.get(reset) == 1
        assert context.get(counter) == 0

    simulator = Simulator(Fragment.get(m, FakePlatform()))
    simulator.add_testbench(bench)
    simulator.run()
