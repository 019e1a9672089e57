"""What a page says of its board: a chip is called one, and nothing else is."""

import pytest

from sw.host.known_boards import ABOUT
from sw.page.serve import Opening
from tests.drivers.page_scene import ModelOpener, compiled


def test_a_board_on_a_port_is_a_chip_and_the_network_beside_it_is_not_said_to_be_on_one():
    opening = Opening(name="ulx3s", port="/dev/ttyUSB0")
    with ModelOpener()() as board:
        about = opening.about(board)
    assert about["is_chip"] and about["what"] == "a chip: the board in Python" and about["title"] == "ULX3S, LFE5U-85F"
    assert (about["clock"], about["rows"]) == (50_000_000, 32)
    assert opening.beside == "compiled"
    on, beside = opening.labels
    assert on == "on the chip, ulx3s" and beside.endswith("not on the chip") and ABOUT["compiled"] in beside


@pytest.mark.parametrize("name", ["sim", "twin", "compiled"])
def test_what_runs_on_this_computer_is_said_to_be_no_chip(name):
    opening = Opening(name=name)
    with (ModelOpener() if name == "sim" else compiled)() as board:
        about = opening.about(board)
    assert not about["is_chip"] and about["what"] == f"not a chip: {ABOUT[name]}" and about["clock"] is None
    assert opening.beside == name and "chip" not in "".join(opening.labels)


@pytest.mark.parametrize(("name", "tests"), [("sim", 100), ("twin", 100), ("compiled", 400), ("ulx3s", 400)])
def test_slow_boards_are_looked_at_with_fewer_images(name, tests):
    assert Opening(name=name).tests == tests
