"""Geometry: columns find their cells one to one; what cannot be built or does not fit is refused, with by how much."""

import pytest

from sw.contract.board_table import BOARDS, ECP5_85F
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry, bits_for
from sw.contract.geometry_text import geometry_text, parse_geometry
from sw.contract.network import Network

SHAPES = [
    {"columns": 784, "rows": 512, "grid_height": 7, "grid_width": 7, "synapses_per_cell": 16, "folds": 1},
    {"columns": 784, "rows": 512, "grid_height": 14, "grid_width": 14, "synapses_per_cell": 4, "folds": 1},
    {"columns": 144, "rows": 9, "grid_height": 3, "grid_width": 2, "synapses_per_cell": 8, "folds": 3, "slices": 2},
    {"columns": 20, "rows": 31, "grid_height": 1, "grid_width": 1, "synapses_per_cell": 4, "folds": 5, "slices": 1},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_column_has_its_own_place_and_every_place_a_column(shape):
    g = Geometry(**shape)
    places = [g.place(column) for column in range(g.columns)]
    assert set(places) == {
        (fold, cell, synapse) for fold in range(g.folds) for cell in range(g.cells) for synapse in range(g.synapses_per_cell)
    }
    assert places == sorted(places)  # columns fill a cell, then a fold
    assert len(places) == g.columns == g.columns_per_fold * g.folds


@pytest.mark.parametrize("shape", SHAPES)
def test_folds_and_words_reach_just_far_enough(shape):
    g = Geometry(**shape)
    for columns in range(1, g.columns + 1):
        fold, cell, _ = g.place(columns - 1)
        assert g.folds_of(columns) == fold + 1
        assert g.words_of(columns) == fold * g.cells + cell + 1
    assert (g.folds_of(g.columns), g.words_of(g.columns)) == (g.folds, g.words)


def test_the_full_size_accelerator():
    assert (ECP5_85F.columns, ECP5_85F.rows, ECP5_85F.folds) == (784, 512, 1)
    assert (ECP5_85F.cells, ECP5_85F.columns_per_fold, ECP5_85F.memory_depth) == (49, 784, 512)
    assert (ECP5_85F.lanes, ECP5_85F.group, ECP5_85F.input_depth) == (8, 4, 2 * 4 + 3)
    ECP5_85F.check_fits(Network.of())
    ECP5_85F.check_fits(Network.of(layers=(784, 256, 246, 10)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": 785}, "columns is 785, expected grid_height · grid_width · synapses_per_cell · folds = 784"),
        ({"rows": 0}, "rows is 0, expected an integer from 1 to 65535"),
        ({"grid_height": 65}, "grid_height is 65"),
        ({"grid_width": 0}, "grid_width is 0"),
        ({"folds": 256}, "folds is 256"),
        ({"folds": 1.0}, "folds is 1.0, expected an integer"),
        ({"synapses_per_cell": 5}, "synapses_per_cell is 5, expected 4, 8 or 16"),
        ({"slices": 3}, "slices is 3, expected 1, 2 or 4"),
        ({"memory_ports": 3}, "memory_ports is 3, expected 1 or 2"),
        ({"memory_ports": 0}, "memory_ports is 0, expected 1 or 2"),
        ({"group": 3}, "group is 3, expected 1, 2, 4 or 8"),
        ({"group": 16}, "group is 16, expected 1, 2, 4 or 8"),
        ({"group": 2, "memory_ports": 1}, "group is 2 and memory_ports is 1: .*; take a group of 1"),
        ({"rows": 65535, "folds": 2, "columns": 1568}, "rows · folds is 131070, expected at most 65536"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(change, message):
    with pytest.raises(ContractError, match=message):
        Geometry(**(SHAPES[0] | change))


def test_the_largest_grid_is_allowed():
    assert Geometry(columns=16384, rows=1, grid_height=64, grid_width=64, synapses_per_cell=4, folds=1).cells == 4096


def test_a_network_with_too_many_rows_is_told_by_how_many():
    ECP5_85F.check_fits(Network.of(layers=(784, 502, 10)))
    with pytest.raises(ContractError, match="needs 513 rows .* the board has 512: take away 1 neurons"):
        ECP5_85F.check_fits(Network.of(layers=(784, 503, 10)))


def test_a_network_with_too_many_columns_is_told_by_how_many():
    with pytest.raises(ContractError, match="a layer of 800 inputs and the board has 784 columns: take away 16 inputs"):
        ECP5_85F.check_fits(Network.of(layers=(800, 10)))
    small = Geometry(**(SHAPES[3] | {"rows": 40}))
    small.check_fits(Network.of(layers=(3, 20, 2)))
    with pytest.raises(ContractError, match="a layer of 21 inputs and the board has 20 columns: take away 1 inputs"):
        small.check_fits(Network.of(layers=(3, 21, 2)))


def test_the_last_layer_needs_rows_but_no_columns():
    Geometry(**(SHAPES[3] | {"rows": 31})).check_fits(Network.of(layers=(20, 31)))


@pytest.mark.parametrize("shape", [*SHAPES, SHAPES[2] | {"memory_ports": 1}, SHAPES[0] | {"group": 8}])
def test_a_geometry_as_text_and_back(shape):
    assert parse_geometry(geometry_text(Geometry(**shape))) == Geometry(**shape)
    assert parse_geometry(",".join(f"{name}={value}" for name, value in shape.items())) == Geometry(**shape)


def test_every_board_has_its_geometry_by_name():
    assert {name: parse_geometry(name) for name in BOARDS} == {name: board.geometry for name, board in BOARDS.items()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "columns=16",
            "a geometry without rows, grid_height, grid_width, synapses_per_cell, folds: give each of columns, rows",
        ),
        ("columns=16,ports=1", "unknown field 'ports' of a geometry, expected columns, .*, slices, memory_ports, group"),
        ("columns=many", "columns is 'many', expected an integer"),
        ("sprawl", "unknown geometry 'sprawl', expected one of"),
    ],
)
def test_a_text_that_is_no_geometry_is_refused(text, message):
    with pytest.raises(ContractError, match=message):
        parse_geometry(text)


@pytest.mark.parametrize("group", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_input_set_has_words_of_its_own(shape, group):
    g = Geometry(**shape, group=group)
    words = [base + fold for base in g.input_bases for fold in range(g.folds)]
    assert len(g.input_bases) == 2 * group + 3
    assert len(set(words)) == len(words) == len(g.input_bases) * g.folds
    assert max(words) == g.input_depth - 1
    for i, base in enumerate(g.input_bases[: 2 * group]):  # the pixels of a sample, the same place in its own memory
        sample, half = divmod(i, 2)
        assert divmod(base, g.pixel_words) == (sample, half * g.folds)
    if group > 1:
        assert g.pixel_words & (g.pixel_words - 1) == 0


@pytest.mark.parametrize(("columns", "rows", "entries"), [(784, 223, 128), (784, 224, 256), (788, 216, 128), (792, 216, 256)])
def test_a_geometry_has_room_for_the_bounds_that_its_networks_need(columns, rows, entries):
    g = Geometry(columns=columns, rows=rows, grid_height=1, grid_width=1, synapses_per_cell=4, folds=columns // 4)
    assert g.bounds_entries == entries


def test_bits():
    assert [bits_for(highest) for highest in (0, 1, 2, 255, 256)] == [1, 1, 2, 8, 9]
