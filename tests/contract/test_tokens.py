"""Tokens: every field is wide enough for what it must carry, in every geometry."""

import pytest

from sw.contract import tokens
from sw.contract.board_table import ECP5_85F
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode, counter_width, fields, operand_width, sum_width

GEOMETRIES = [
    ECP5_85F,
    Geometry(columns=784, rows=512, grid_height=14, grid_width=14, synapses_per_cell=4, folds=1),
    Geometry(columns=48, rows=33, grid_height=2, grid_width=3, synapses_per_cell=8, folds=1, slices=1),
    Geometry(columns=20, rows=1, grid_height=1, grid_width=1, synapses_per_cell=4, folds=5),
    Geometry(columns=20, rows=2, grid_height=1, grid_width=5, synapses_per_cell=4, folds=1),
    Geometry(columns=20, rows=65535, grid_height=1, grid_width=5, synapses_per_cell=4, folds=1, group=8),
]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_fields_hold_their_largest_values(geometry):
    width = fields(geometry)
    assert max(Opcode) < 1 << width["opcode"]
    for name, count in (
        ("address", geometry.memory_depth),
        ("inputs", geometry.input_depth),
        ("cell", geometry.cells),
        ("synapse", geometry.synapses_per_cell),
    ):
        assert count <= 1 << width[name]
        assert width[name] == 1 or count > 1 << (width[name] - 1), f"{name} has a bit too many"


def test_a_token_of_the_largest_board_has_no_bit_too_many():
    assert fields(ECP5_85F) == {
        "opcode": 4, "last": 1, "address": 9, "inputs": 4, "cell": 6, "synapse": 4, "operand": 32
    }  # fmt: skip
    assert (sum_width(ECP5_85F), counter_width(ECP5_85F)) == (16, 11)
    narrow = Geometry(columns=16, rows=3, grid_height=1, grid_width=1, synapses_per_cell=4, folds=4, slices=4)
    assert (operand_width(narrow), sum_width(narrow), counter_width(narrow)) == (17, 8, 3)
    three = Geometry(columns=12, rows=3, grid_height=1, grid_width=1, synapses_per_cell=4, folds=3)
    assert (three.input_depth, fields(three)["inputs"]) == (15, 4)
    wide = Geometry(columns=16, rows=3, grid_height=1, grid_width=1, synapses_per_cell=16, folds=1, slices=1)
    assert sum_width(wide) == 32  # two bits for each of 16 counters


def test_the_opcodes_are_numbered_without_a_gap():
    assert [*Opcode] == [*range(len(Opcode))]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_an_operand_holds_inputs_thresholds_and_bytes(geometry):
    width = operand_width(geometry)
    assert width >= 2 * geometry.synapses_per_cell  # LOAD: valid and negative
    assert width > tokens.NEGATIVE_OFFSET >= tokens.AWAY_OFFSET + tokens.THRESHOLD_BITS  # LEARN: thresholds, sign of d
    assert tokens.AWAY_OFFSET >= tokens.TOWARD_OFFSET + tokens.THRESHOLD_BITS
    assert 1 << tokens.THRESHOLD_BITS > 128  # a threshold is 0…128
    assert fields(geometry)["operand"] == width
    assert width > tokens.AGAIN_OFFSET >= geometry.rows.bit_length()  # FORWARD: a neuron, and whether it is read again


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_sums_and_counters_hold_their_extremes(geometry):
    assert geometry.columns_per_fold < 1 << sum_width(geometry)  # every column matches
    assert geometry.columns_per_fold < 1 << tokens.match_width(geometry)
    assert 2 * geometry.lanes <= sum_width(geometry)  # UNLOAD: two bits a counter
    assert sum_width(geometry) >= 8  # READ: one byte
    assert geometry.rows < 1 << (counter_width(geometry) - 1)  # every row has d = +1


def test_opcodes_have_their_own_numbers_and_nothing_is_idle():
    assert len(set(Opcode)) == 10
    assert Opcode.IDLE == 0
    assert Opcode.IDLE not in tokens.READS_WEIGHTS + tokens.WRITES_WEIGHTS


def test_every_read_modify_write_is_known_as_both():
    assert {Opcode.LEARN, Opcode.RELAX} <= set(tokens.READS_WEIGHTS) & set(tokens.WRITES_WEIGHTS)
    assert tokens.WRITE_LATENCY >= 1
