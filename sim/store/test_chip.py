"""Chips: times in cycles, and one description for a board that may have any of them."""

from dataclasses import replace

import pytest

from boards.catalogue import find
from hw.store.chip import AS4C32M16SB, BOARD_CHIPS, CHIPS, GW2AR_SDRAM, MT48LC16M16A2, ULX3S_SDRAM, Cycles, together
from sim.drivers.sdram_chip import WAY_NS
from sw.contract.error import ContractError

TIMES = ("t_rcd", "t_rp", "t_ras", "t_rc", "t_rfc", "t_rrd", "t_wr")


def test_cycles_are_what_a_time_takes_rounded_up():
    assert MT48LC16M16A2.at(80_000_000) == Cycles(latency=3, rcd=2, rp=2, ras=4, rfc=6, wr=2, mrd=2, power_up=8000, refresh=624)
    assert GW2AR_SDRAM.at(54_000_000) == Cycles(latency=3, rcd=2, rp=2, ras=3, rfc=4, wr=2, mrd=2, power_up=10800, refresh=420)


@pytest.mark.parametrize("chip", [*CHIPS, ULX3S_SDRAM], ids=lambda chip: chip.name)
@pytest.mark.parametrize("clock_hz", [10_000_000, 27_000_000, 48_000_000, 80_000_000, 133_000_000])
def test_no_time_is_cut_short(chip, clock_hz):
    cycles, period = chip.at(clock_hz), 1e9 / clock_hz
    for name in ("rcd", "rp", "ras", "rfc", "wr", "power_up"):
        assert getattr(cycles, name) * period >= getattr(chip, name if name == "power_up" else f"t_{name}") - 1e-6, name
    assert (cycles.ras + cycles.rp) * period >= max(chip.t_rc, chip.t_rrd) - 1e-6
    assert cycles.refresh * period <= chip.refresh_interval


def test_a_clock_that_is_too_fast_is_refused():
    with pytest.raises(ContractError, match="the clock of MT48LC16M16A2-75 is 150 MHz, expected at most 133 MHz"):
        MT48LC16M16A2.at(150_000_000)


@pytest.mark.parametrize(("speed", "shortest"), [("-75", 7.5), ("-7", 7), ("-6", 6)])
def test_the_speed_of_a_part_is_the_one_in_its_name(speed, shortest):
    parts = [chip for chip in CHIPS if chip.name.endswith(speed)]
    assert parts and {chip.t_ck3 for chip in parts} == {shortest}


def test_a_board_keeps_the_longest_times_of_its_parts_and_the_fewest_columns():
    parts = [chip for chip in CHIPS if chip.width == 16]
    for name in TIMES:
        assert getattr(ULX3S_SDRAM, name) == max(getattr(part, name) for part in parts)
    assert (ULX3S_SDRAM.columns, ULX3S_SDRAM.wide_columns, ULX3S_SDRAM.bytes) == (512, 1024, 32 << 20)
    assert (AS4C32M16SB.bytes, GW2AR_SDRAM.bytes) == (64 << 20, 8 << 20)
    assert together("one", MT48LC16M16A2).wide_columns == 0


def test_parts_that_differ_too_much_are_no_board():
    with pytest.raises(ContractError, match="has other rows or words than"):
        together("two", MT48LC16M16A2, GW2AR_SDRAM)


def test_columns_are_a_power_of_two():
    with pytest.raises(ContractError, match="columns of .* is 500, expected a power of two"):
        replace(MT48LC16M16A2, columns=500)


@pytest.mark.parametrize("name", BOARD_CHIPS)
def test_a_word_is_there_when_it_is_taken_at_the_clock_that_the_board_asks_for(name):
    """By the way from pin to pin that the benches assume: at a slower clock a word would be gone before it is taken."""
    chip, _ = BOARD_CHIPS[name]
    period = 1e3 / find(name).clock_mhz
    taken = period if chip.taken_at_fall else 1.5 * period  # behind the edge of the chip's clock
    assert chip.t_ac + WAY_NS < taken < period + chip.t_oh + WAY_NS
