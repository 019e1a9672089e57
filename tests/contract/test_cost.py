"""The formula of a sample's cycles against what the counters of the gateware measured, kept in results/bench.json."""

import json

import pytest

from sw.contract.board_table import BOARDS
from sw.contract.cost import ForwardCost, array_latency, division_cycles, forward_cost
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.tree.sources import ROOT

RESULTS = ROOT / "results" / "bench.json"
SMALL = Geometry(columns=16, rows=20, grid_height=1, grid_width=2, synapses_per_cell=4, folds=2, slices=2)


def test_the_formula_is_what_a_pass_of_mnist_measured():
    measured = json.loads(RESULTS.read_text())
    cost = forward_cost(Network.of(layers=(784, 500, 10)), BOARDS["ulx3s-85f"].geometry)
    for name in vars(cost):
        assert getattr(cost, name) == measured[name]["value"], name
    assert cost.total == 604


@pytest.mark.parametrize(
    ("layers", "cost"),
    [
        # rows 1 + 1 + 9 · 2, no hidden layer, 9 + 2 to classify
        ((16, 9), ForwardCost(cycles_forward=20, cycles_normalise=0, cycles_activate=0, cycles_classify=11)),
        # one fold is enough for 8 inputs
        ((8, 9), ForwardCost(cycles_forward=11, cycles_normalise=0, cycles_activate=0, cycles_classify=11)),
        # two hidden layers of 5 and 8 neurons, 4 a cycle
        ((9, 5, 8, 3), ForwardCost(cycles_forward=25, cycles_normalise=42, cycles_activate=4, cycles_classify=11)),
    ],
)
def test_small_networks(layers: tuple[int, ...], cost: ForwardCost):
    assert forward_cost(Network.of(layers=layers), SMALL) == cost


def test_latency_and_division_of_a_small_array():
    assert (array_latency(SMALL), division_cycles(SMALL)) == (6, 6)
