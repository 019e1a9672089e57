"""The tables of the boards in README.md and docs/boards.md are those that the committed reports give."""

import pytest

from boards import table
from sw.contract.board_table import BOARDS


@pytest.mark.parametrize("page", table.tables(), ids=lambda page: page.name)
def test_the_table_is_up_to_date(page):
    text = page.read_text()
    assert table.replaced(text, table.tables()[page]) == text, "run make boards-table"


def test_the_readme_has_four_of_the_columns():
    cells = (
        "ULX3S", "784-118-10", "200", "4", "80 MHz", "45,679", "81.3 MHz, 46,421", "50%", "builds", "200 samples, equal",
        "not tested",
    )  # fmt: skip
    assert table.greeting(cells) == ("ULX3S", "784-118-10", "45,679", "builds, netlist equal")
    assert table.greeting((*cells[:-2], "–", "not tested"))[-1] == "builds"


def test_a_row_has_what_the_report_says_at_the_clock_of_the_pll():
    report = {
        "clock_mhz": 96.0,
        "asked_mhz": 80.0,
        "cycles_per_sample": 320.0,
        "use": {"TRELLIS_COMB": [12_144, 24_288], "DP16KD": [49, 56], "MULT18X18D": [1, 28]},
    }
    assert table.row("ulx3s-12f", report, {"samples": 200, "equal": True}) == (
        "ULX3S, LFE5U-12F", "784-118-10", "200", str(BOARDS["ulx3s-12f"].geometry.group), "80 MHz", "250,000",
        "96.0 MHz, 300,000", "50% of TRELLIS_COMB, 88% of DP16KD", "builds", "200 samples, equal", "not tested",
    )  # fmt: skip


def test_a_board_without_a_report_is_not_said_to_build():
    assert table.row("ulx3s-12f", None, None)[4:] == ("–", "–", "–", "–", "–", "–", "not tested")


def test_a_network_without_measured_cycles_has_no_samples_a_second():
    use = {"TRELLIS_COMB": [1, 2], "DP16KD": [1, 2]}
    report = {"clock_mhz": 96.0, "asked_mhz": 80.0, "cycles_per_sample": None, "use": use}
    assert table.row("ulx3s-12f", report, None)[4:7] == ("80 MHz", "–", "96.0 MHz, –")


def test_a_text_without_the_marks_is_refused():
    with pytest.raises(ValueError):
        table.replaced("no table here", "")


def test_a_netlist_that_differs_is_not_said_to_be_simulated():
    assert table.row("ulx3s-12f", None, {"samples": 200, "equal": False})[-2] == "–"
