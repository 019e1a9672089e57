"""Gowin boards: dividers of the PLL within the data sheet, shapes that the blocks hold, pins that the packages have."""

import re
from fractions import Fraction
from importlib.resources import files

import pytest
from amaranth.build import Pins
from amaranth.hdl import Signal
from apycula import chipdb
from hypothesis import given, settings
from hypothesis import strategies as st

from boards import generate, gowin_pll
from boards.catalogue import find
from boards.error import RequestError
from boards.gowin import DIES, Gowin
from boards.gowin_pll import GowinPll, Limits
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry

MEGAHERTZ = 1_000_000
CRYSTAL = Fraction(27 * MEGAHERTZ)
NAMES = ("tangnano9k", "tangnano20k")


def pll(asked_mhz, limits: Limits = gowin_pll.GW1NR_9) -> GowinPll:
    return GowinPll.search(CRYSTAL, Fraction(asked_mhz) * MEGAHERTZ, limits)


@pytest.mark.parametrize(("asked", "reference", "feedback", "output"), [(36, 3, 4, 16), (54, 1, 2, 16), (27, 1, 1, 32)])
def test_known_settings(asked, reference, feedback, output):
    found = pll(asked)
    assert (found.reference, found.feedback, found.output) == (reference, feedback, output)
    assert found.frequency == asked * MEGAHERTZ


@pytest.mark.parametrize("limits", [gowin_pll.GW1NR_9, gowin_pll.GW2AR_18], ids=["GW1NR-9", "GW2AR-18"])
@settings(max_examples=25, deadline=None)  # each is a search through all dividers
@given(st.integers(12, 100), st.integers(8, 400))
def test_every_setting_is_within_the_data_sheet_and_clear_of_its_slowest_detector(limits, input_mhz, asked):
    input_hz = Fraction(input_mhz * MEGAHERTZ)
    instance = GowinPll.search(input_hz, Fraction(asked * MEGAHERTZ), limits).instance(Signal(), Signal(), Signal())
    detector = input_hz / (instance.parameters["IDIV_SEL"] + 1)
    frequency = detector * (instance.parameters["FBDIV_SEL"] + 1)
    assert 2 * 3 * MEGAHERTZ <= detector <= limits.detector[1]
    assert limits.vco[0] <= frequency * instance.parameters["ODIV_SEL"] <= limits.vco[1]
    assert limits.output[0] <= frequency <= limits.output[1]
    multiple = input_hz * max(1, round(asked / input_mhz))  # what needs no divider before the detector
    assert abs(frequency - asked * MEGAHERTZ) <= abs(multiple - asked * MEGAHERTZ)


def test_a_detector_at_3_mhz_is_refused():
    """27 MHz by 9, which is the only way to 48 MHz, and the slowest that the data sheet allows."""
    with pytest.raises(RequestError, match="^the PLL's phase detector is at 3 MHz, expected 6 to 400 MHz$"):
        GowinPll(input_hz=CRYSTAL, reference=9, feedback=16, output=16, limits=gowin_pll.GW1NR_9)


def test_the_primitive_counts_its_dividers_from_zero():
    instance = pll(36).instance(Signal(), Signal(), Signal())
    assert {name: instance.parameters[name] for name in ("IDIV_SEL", "FBDIV_SEL", "ODIV_SEL", "FCLKIN", "DEVICE")} == {
        "IDIV_SEL": 2,
        "FBDIV_SEL": 3,
        "ODIV_SEL": 16,
        "FCLKIN": "27",
        "DEVICE": "GW1NR-9C",
    }


def test_a_clock_that_no_divider_gives_is_refused():
    none = Limits(device="", detector=(28 * MEGAHERTZ, 29 * MEGAHERTZ), vco=(1, 2), output=(1, 2))
    with pytest.raises(RequestError, match="no PLL setting makes 36 MHz from 27 MHz"):
        pll(36, none)


@pytest.mark.parametrize("name", NAMES)
def test_the_blocks_hold_the_weights_and_leave_some_for_the_engine(name):
    target = find(name)
    device = target.platform().device
    assert isinstance(target.family, Gowin)
    assert target.family.blocks(device) - target.family.weight_blocks(BOARDS[name].geometry) >= 5
    assert BOARDS[name].geometry.columns >= 784
    # As many rows as the words of the blocks allow.
    assert BOARDS[name].geometry.folds > 1024 % BOARDS[name].geometry.memory_depth


@pytest.mark.parametrize(
    ("lanes", "words", "blocks"), [(4, 512, 1), (4, 513, 2), (2, 1024, 1), (2, 1025, 2), (1, 2048, 1), (1, 2049, 2)]
)
def test_a_slice_is_a_memory_of_its_own(lanes, words, blocks):
    geometry = Geometry(
        columns=4 * lanes, rows=words, grid_height=1, grid_width=1, synapses_per_cell=4 * lanes, folds=1, slices=4
    )
    assert find("tangnano9k").family.weight_blocks(geometry) == 4 * blocks


@pytest.mark.parametrize("name", NAMES)
def test_the_package_has_the_pins(name):
    """Apycula's database has the pins of every package: each one that is asked for is there, and none twice."""
    platform = find(name).platform()
    die = chipdb.load_chipdb(str(files("apycula") / f"{DIES[platform.device][0]}.msgpack.xz"))
    known = die.pinout[platform.device][die.packages[platform.part][0]]
    wanted = [pin for resource in ("clk27", "uart", "led") for pin in pins_of(platform.resources[resource, 0])]
    assert len(set(wanted)) == len(wanted) == 4
    assert [pin for pin in wanted if pin not in known] == []


def test_the_leds_of_the_9k_are_at_the_voltage_of_their_bank():
    """Bank 3 has 1.8 V, for the memory in the package; a pin there at 3.3 V is what a bitstream cannot ask for."""
    platform = find("tangnano9k").platform()
    levels = {name: platform.resources[name, 0].attrs["IO_TYPE"] for name in ("clk27", "uart", "led")}
    assert levels == {"clk27": "LVCMOS33", "uart": "LVCMOS33", "led": "LVCMOS18"}
    assert pins_of(platform.resources["led", 0]) == ["10"]


@pytest.mark.parametrize("name", NAMES)
def test_the_gateware_escapes_where_the_host_does(name, tmp_path):
    geometry = Geometry(columns=4, rows=2, grid_height=1, grid_width=1, synapses_per_cell=4, folds=1)
    generate.write(find(name), geometry, BOARDS[name].baud, find(name).clock_mhz, tmp_path)
    modules = set(re.findall(r"^module (\S+)$", (tmp_path / "top.il").read_text(), re.MULTILINE))
    assert "\\top.accelerator.transmitter" in modules
    for escape in ("\\top.accelerator.decoder", "\\top.accelerator.encoder"):
        assert (escape in modules) == BOARDS[name].escaped == (name == "tangnano20k")


def pins_of(resource) -> list[str]:
    """Of a resource with its parts."""
    return [pin for part in resource.ios for pin in (part.names if isinstance(part, Pins) else pins_of(part))]


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_name_part_and_die(name):
    target, platform = find(name), find(name).platform()
    routed, packed = target.family.place_and_route(platform, ("--seed", "7")), target.family.pack(platform)
    die = DIES[platform.device][0]
    assert routed.arguments[routed.arguments.index("--device") + 1] == platform.part
    assert f"family={die}" in routed.arguments and routed.arguments[-2:] == ("--seed", "7")
    assert packed.arguments[packed.arguments.index("-d") + 1] == die
    assert packed.arguments[-1] == routed.arguments[routed.arguments.index("--write") + 1]


def test_blocks_of_a_design_are_counted_in_every_mode():
    cells = {"SDPX9B": 20, "DPX9B": 3, "SPX9": 1, "LUT4": 900, "RAM16SDP4": 200}
    assert find("tangnano9k").family.demand(cells) == 24
