"""The boards of the contract: networks that fit, memories that are used up, and what their reports were made for."""

import json

import pytest

from sw.contract.board_table import BOARDS, board_name
from sw.contract.network import Network
from sw.tree.sources import ROOT

REPORTS = ROOT / "boards" / "reports"
# Words of the memory that holds a slice: a block RAM of 36, of 18 kbit, or the two halves of the UP5K's.
MEMORY_WORDS = {"ecp5": 512, "tangnano20k": 1024, "tangnano9k": 1024, "icebreaker": 16384}
BAUD = dict.fromkeys(BOARDS, 3_000_000) | {"tangnano20k": 2_000_000}


@pytest.mark.parametrize("name", BOARDS)
def test_the_rows_use_the_memories_up(name: str):
    geometry = BOARDS[name].geometry
    words = MEMORY_WORDS.get(name, MEMORY_WORDS["ecp5"])
    assert geometry.rows == words // geometry.folds


@pytest.mark.parametrize("name", BOARDS)
def test_the_network_is_one_for_images_of_28_by_28_and_ten_digits(name: str):
    board = BOARDS[name]
    assert (board.layers[0], board.layers[-1]) == (28 * 28, 10)
    board.geometry.check_fits(Network.of(layers=board.layers))
    # What is beyond the image makes whole cells, or folds so many that a memory is deep enough.
    assert 0 <= board.geometry.columns - 28 * 28 < 2 * board.geometry.columns_per_fold


@pytest.mark.parametrize("name", BOARDS)
def test_boards_of_one_shape_learn_the_same_network(name: str):
    assert {board.layers for board in BOARDS.values() if board.geometry == BOARDS[name].geometry} == {BOARDS[name].layers}


def test_the_rates_are_those_that_the_boards_serial_chips_take():
    assert {name: board.baud for name, board in BOARDS.items()} == BAUD


def test_the_memories_are_those_on_the_boards():
    ulx3s = {name: 32 * 2**20 for name in BOARDS if name.startswith("ulx3s")}
    assert {name: board.sample_memory for name, board in BOARDS.items() if board.sample_memory} == ulx3s | {
        "tangnano20k": 8 * 2**20
    }


@pytest.mark.parametrize("name", [name for name in BOARDS if (REPORTS / f"{name}.json").exists()])
def test_a_report_is_of_the_board(name: str):
    report, board = json.loads((REPORTS / f"{name}.json").read_text()), BOARDS[name]
    assert report["geometry"] == vars(board.geometry)
    assert (report["layers"], report["baud"]) == (list(board.layers), board.baud)


def test_an_alias_stands_for_a_board_and_any_other_name_for_itself():
    assert board_name("ulx3s") == "ulx3s-85f"
    assert board_name("icebreaker") == "icebreaker"
    assert board_name("nothing") == "nothing"
