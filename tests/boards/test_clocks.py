"""PLLs against the tools of the device vendors' open databases; the baud rate; the reset that waits for the lock."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from amaranth.hdl import ClockDomain, Fragment, Module, ResetSignal, Signal
from amaranth.lib.io import SimulationPort
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from boards import generate
from boards.catalogue import find
from boards.clocks import HOLD_SECONDS, Clocks, uart_rate
from boards.error import RequestError
from boards.pll import Ecp5Pll, Ice40Pll, Pll
from boards.top import Top
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry
from sw.tree.sources import ROOT

MHZ = 1_000_000
BOARDS_PAGE = ROOT / "docs" / "boards.md"


def answer(tool: str, *arguments: str, folder: Path | None = None) -> str:
    """What a YoWASP tool prints."""
    program = Path(sys.executable).parent / f"yowasp-{tool}"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, cwd=folder).stdout


def number(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    assert found, f"{pattern} in {text}"
    return int(found[1])


@pytest.mark.parametrize(("given", "asked"), [(25, 62.5), (48, 80), (100, 80), (48, 96), (12, 96)])
def test_the_ecp5_pll_is_the_one_that_ecppll_finds_where_its_detector_is_within_the_data_sheet(given, asked, tmp_path):
    text = answer("ecppll", "-i", str(given), "-o", str(asked), "-f", "pll.v", folder=tmp_path)
    verilog = (tmp_path / "pll.v").read_text()
    pll = Ecp5Pll.search(Fraction(given) * MHZ, Fraction(str(asked)) * MHZ)
    assert pll.direct
    assert (pll.reference, pll.feedback, pll.output) == (
        number(text, r"Refclk divisor: (\d+)"),
        number(text, r"Feedback divisor: (\d+)"),
        number(text, r"clkout0 divisor: (\d+)"),
    )
    parameters = pll.instance(Signal(), Signal(), Signal()).parameters
    for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOP_CPHASE", "CLKOP_FPHASE"):
        assert parameters[name] == number(verilog, rf"\.{name}\((\d+)\)")


def test_a_detector_at_its_least_is_left_alone_where_another_makes_the_same_clock():
    """110 MHz of 100 come directly from 10 MHz, which an oscillator that is a little slow puts below the data sheet."""
    pll = Ecp5Pll.search(Fraction(100 * MHZ), Fraction(110 * MHZ))
    assert (pll.detector, pll.vco, pll.frequency) == (50 * MHZ, 550 * MHZ, 110 * MHZ)
    assert Ecp5Pll.search(Fraction(10 * MHZ), Fraction(110 * MHZ)).detector == 10 * MHZ


def test_where_clkop_cannot_be_the_clock_it_only_feeds_back(tmp_path: Path):
    """As ecppll does with --highres: the clock is CLKOS, CLKOP goes back to CLKFB and nowhere else."""
    pll = Ecp5Pll.search(Fraction(25 * MHZ), Fraction(80 * MHZ))
    assert (pll.reference, pll.feedback, pll.loop, pll.output) == (1, 1, 16, 5)
    assert (pll.detector, pll.vco, pll.frequency) == (25 * MHZ, 400 * MHZ, 80 * MHZ)
    clock = Signal()
    instance = pll.instance(Signal(), clock, Signal())
    answer("ecppll", "-i", "25", "-o", "80", "--highres", "-f", "pll.v", folder=tmp_path)
    theirs = dict(re.findall(r"\.(\w+)\(([^()]*)\)", (tmp_path / "pll.v").read_text()))
    assert theirs["CLKOS"] == "clkout0" and theirs["CLKOP"] == theirs["CLKFB"] == "clkfb"
    assert instance.ports["CLKOS"][0] is clock
    assert instance.ports["CLKOP"][0] is instance.ports["CLKFB"][0] is not clock
    different = {"CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOS_DIV", "CLKOP_CPHASE", "CLKOS_CPHASE"}
    set_by_both = {name for name in instance.parameters if name in theirs} - different
    assert set_by_both >= {"FEEDBK_PATH", "CLKOS_ENABLE", "CLKOS_FPHASE", "OUTDIVIDER_MUXB"}
    assert {name: str(instance.parameters[name]) for name in set_by_both} == {
        name: theirs[name].strip('"') for name in set_by_both
    }
    assert instance.parameters["CLKOS_CPHASE"] == 4 and instance.parameters["CLKOP_CPHASE"] == 15


INPUTS = st.integers(8, 200).map(lambda mhz: Fraction(mhz * MHZ))
ASKS = st.integers(10, 300).map(lambda mhz: Fraction(mhz * MHZ))


@settings(max_examples=50, deadline=None)  # each is a search through the dividers
@given(INPUTS, ASKS)
def test_every_ecp5_pll_is_within_the_data_sheet(given_hz: Fraction, asked_hz: Fraction):
    try:
        pll = Ecp5Pll.search(given_hz, asked_hz)
    except RequestError:
        assert given_hz < 10 * MHZ
        return
    parameters = pll.instance(Signal(), Signal(), Signal()).parameters
    detector = given_hz / parameters["CLKI_DIV"]
    vco = detector * parameters["CLKFB_DIV"] * parameters["CLKOP_DIV"]
    assert 10 * MHZ <= detector <= 400 * MHZ and 400 * MHZ <= vco <= 800 * MHZ
    assert 1 <= parameters["CLKFB_DIV"] <= 80 and 1 <= parameters["CLKI_DIV"] <= 128
    outputs = [parameters[name] for name in ("CLKOP_DIV", "CLKOS_DIV") if name in parameters]
    assert all(1 <= divider <= 128 and vco / divider <= 400 * MHZ for divider in outputs)
    assert vco / outputs[-1] == pll.frequency
    # No setting of CLKOP alone that is within the data sheet comes closer.
    for reference in range(1, int(given_hz / (10 * MHZ)) + 1):
        feedback = max(1, round(asked_hz * reference / given_hz))
        frequency = given_hz * feedback / reference
        if 400 * MHZ <= frequency * (600 * MHZ // frequency) <= 800 * MHZ and frequency <= 400 * MHZ:
            assert abs(pll.frequency - asked_hz) <= abs(frequency - asked_hz)


@settings(max_examples=50, deadline=None)  # each is a search through the dividers
@given(INPUTS, ASKS)
def test_every_ice40_pll_is_within_the_data_sheet(given_hz: Fraction, asked_hz: Fraction):
    try:
        pll = Ice40Pll.search(given_hz, asked_hz)
    except RequestError:
        assert given_hz < 10 * MHZ
        return
    assert 10 * MHZ <= given_hz / (pll.divr + 1) <= 133 * MHZ
    assert 533 * MHZ <= pll.frequency * 2**pll.divq <= 1066 * MHZ
    assert 16 * MHZ <= pll.frequency <= 275 * MHZ


def test_a_detector_at_5_mhz_is_refused():
    """25 MHz by 5, which is what the divider tool of the open flow takes for 80 MHz."""
    with pytest.raises(RequestError, match="^the PLL's phase detector is at 5 MHz, expected 10 to 400 MHz$"):
        Ecp5Pll(input_hz=Fraction(25 * MHZ), reference=5, feedback=16, loop=7, output=7)
    with pytest.raises(RequestError, match="the PLL's phase detector is at 6 MHz, expected 10 to 133 MHz"):
        Ice40Pll(input_hz=Fraction(12 * MHZ), divr=1, divf=127, divq=5)
    with pytest.raises(RequestError, match="the PLL's VCO is at 300 MHz, expected 400 to 800 MHz"):
        Ecp5Pll(input_hz=Fraction(25 * MHZ), reference=1, feedback=3, loop=4, output=4)


CLOCKS = {
    "ULX3S 85F": ("ulx3s-85f", "ulx3s-25f", "ulx3s-12f"),
    "ULX3S 45F": "ulx3s-45f",
    "ECPIX-5": "ecpix5",
    "iCEBreaker": "icebreaker",
    "OrangeCrab 25F": "orangecrab-25f",
    "OrangeCrab 85F": "orangecrab-85f",
    "Tang Nano 20K": "tangnano20k",
    "Tang Nano 9K": "tangnano9k",
}
ROW = re.compile(r"^\| ([\w -]+?)(?:, [\w ]+)? \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_gets_the_clock_that_it_asks_for_and_the_manual_says_how(name):
    target = find(name)
    given_hz = Fraction(target.platform().default_clk_frequency)
    pll = target.family.pll(given_hz, Fraction(str(target.clock_mhz)) * MHZ)
    assert pll.frequency == Fraction(str(target.clock_mhz)) * MHZ
    rows = {title: tuple(map(int, numbers)) for title, *numbers in ROW.findall(BOARDS_PAGE.read_text())}
    assert set(rows) == set(CLOCKS)
    (row,) = [numbers for title, numbers in rows.items() if name.startswith(CLOCKS[title])]
    assert row == tuple(hz / MHZ for hz in (given_hz, pll.detector, pll.vco, pll.frequency))


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

    frequency = detector = vco = Fraction(MHZ)

    def __init__(self) -> None:
        self.clock, self.locked = Signal(), Signal()

    def instance(self, pin: object, clock: Signal, locked: Signal) -> Module:
        m = Module()
        m.d.comb += [clock.eq(self.clock), locked.eq(self.locked)]
        return m


class FakePlatform:
    """A platform whose clock needs no pin, and whose other pins are there to look at."""

    default_clk, default_rst, io = "clk", None, None

    def __init__(self) -> None:
        self.pins: dict[str, SimulationPort] = {}

    def request(self, name: str, number: int = 0, *, dir: str) -> object:
        assert dir == "-"
        if name == "clk":
            return self
        if name == "uart":
            return SimpleNamespace(rx=SimulationPort("i", 1), tx=SimulationPort("o", 1))
        self.pins[name] = SimulationPort("o", 1, invert=name == "lamp")
        return self.pins[name]


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


GEOMETRY = Geometry(columns=4, rows=2, grid_height=1, grid_width=1, synapses_per_cell=4, folds=1)


def test_the_lamp_is_lit_until_the_pll_has_locked_and_flashes_afterwards():
    """Even where the PLL gives no clock at all: whoever looks at the board sees that it is configured and has none."""
    platform, pll = FakePlatform(), FakePll()
    accelerator = SerialAccelerator(GEOMETRY, BaudRate(clock_hz=256, baud=64), buffer_bytes=64)
    top = Top(accelerator, Clocks(cast(Pll, pll), buffered=False), uart="uart", lamp=("lamp",), high=("kept",))
    fragment = Fragment.get(top, platform)
    lamp, kept = platform.pins["lamp"].o, platform.pins["kept"].o

    async def bench(context):
        async def lit(cycles):
            shown = []
            for _ in range(cycles):
                context.set(pll.clock, 1)
                await context.delay(5e-7)
                context.set(pll.clock, 0)
                await context.delay(5e-7)
                shown.append(context.get(lamp) == 0)
            return sum(shown)

        await context.delay(1e-6)
        assert context.get(lamp) == 0 and context.get(kept) == 1  # an LED to the supply: 0 is light
        assert await lit(600) == 600
        context.set(pll.locked, 1)
        await lit(100)
        assert 0 < await lit(512) < 150
        assert context.get(kept) == 1
        context.set(pll.locked, 0)
        assert await lit(600) == 600

    simulator = Simulator(fragment)
    simulator.add_testbench(bench)
    simulator.run()


def test_every_ulx3s_keeps_its_esp32_away(tmp_path: Path):
    """wifi_gpio0, site L2, an output: low for some seconds, it makes the ESP32 take the FPGA over."""
    of_size = [find(name) for name in BOARDS if name.startswith("ulx3s")]
    assert len(of_size) == 4
    for target in of_size:
        assert target.high == ("wifi_gpio0",)
        assert target.platform().resources["wifi_gpio0", 0].ios[0].names == ["L2"]
    generate.write(of_size[0], GEOMETRY, 3_000_000, 80.0, tmp_path)
    assert 'LOCATE COMP "wifi_gpio0_0__io" SITE "L2"' in (tmp_path / "top.lpf").read_text()
    _, held = (tmp_path / "top.il").read_text().split("module \\top.wifi_gpio0\n")
    assert "connect \\o$1 1'1\n" in held.partition("\nend\n")[0]
