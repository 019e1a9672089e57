"""The gates and windows that a board is told: where each layer's begin, what the tables hold, what has no room."""

import struct

import pytest

from sw.contract.board_table import BOARDS
from sw.contract.bounds_table import bounds_tables, first_entries
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import tables

GEOMETRY = BOARDS["ulx3s-85f"].geometry
SMALL = Geometry(columns=800, rows=128, grid_height=5, grid_width=5, synapses_per_cell=8, folds=4, slices=2)


def entries(content):
    return list(struct.iter_unpack("<hH", content))


def test_a_layer_has_one_entry_or_one_for_each_eighth_number_of_valid_inputs():
    network = Network.of(
        layers=(784, 256, 246, 90, 10),
        activation=("band", "gate", "sign"),
        gate=(17, -3, 0),
        window=(4, 9, 2),
        scaling=("root", "none", "root"),
    )
    assert first_entries(network) == [0, 99, 100, 131]
    first, second = bounds_tables(network, GEOMETRY)
    held = entries(first) + entries(second)
    assert (held[0], held[12], held[98]) == ((3, 1), (17, 4), (48, 11))
    assert held[99] == (-3, 9)
    assert held[100:131] == list(network.bounds(2)) and held[131:] == [(0, 0)] * 125
    assert [number for number, _ in tables(network, GEOMETRY)] == [0, 1, 2, 3, 4, 5]


def test_a_network_without_hidden_layers_has_none():
    assert bounds_tables(Network.of(layers=(784, 10)), GEOMETRY) == []


def test_what_has_no_room_is_refused():
    wide = Network.of(layers=(800, 100, 18, 10), activation=("band", "band"), scaling=("root", "root"))
    assert len(bounds_tables(wide, SMALL)) == 1
    geometry = Geometry(columns=3200, rows=128, grid_height=10, grid_width=10, synapses_per_cell=8, folds=4, slices=2)
    layers = (3200, 100, 10)
    assert len(bounds_tables(Network.of(layers=layers), geometry)) == 1
    with pytest.raises(ContractError, match="need 401 gates and windows and the board has room for 256: scale fewer layers"):
        bounds_tables(Network.of(layers=layers, scaling=("root",)), geometry)


@pytest.mark.parametrize("name", BOARDS)
def test_whatever_fits_a_board_can_be_scaled(name):
    """In one layer after the other: the first has all columns, all others share the rows."""
    geometry = BOARDS[name].geometry
    rows = min(geometry.rows, geometry.columns)
    for hidden in (
        (rows - 2,),
        (rows - 10, 8),
        (rows // 2, rows - rows // 2 - 2),
        (rows // 2, rows // 3, rows - rows // 2 - rows // 3 - 2),
    ):
        network = Network.of(layers=(geometry.columns, *hidden, 2), scaling=["root"] * len(hidden))
        assert bounds_tables(network, geometry)
