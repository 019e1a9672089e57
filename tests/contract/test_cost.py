"""The formula of a sample's cycles against what the counters of the gateware measured, kept in results/bench.json."""

import json
from dataclasses import replace

import pytest

from sw.contract.board_table import BOARDS
from sw.contract.cost import ForwardCost, array_latency, division_cycles, forward_cost
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.tree.sources import ROOT

RESULTS = ROOT / "results" / "bench.json"
SMALL = Geometry(columns=16, rows=20, grid_height=1, grid_width=2, synapses_per_cell=4, folds=2, slices=2)


def test_the_formula_is_what_a_pass_of_mnist_measured():
    """Of full groups; a group may be smaller, and rows that were changed are read again."""
    measured = json.loads(RESULTS.read_text())
    network, geometry = Network.of(layers=(784, 500, 10)), BOARDS["ulx3s-85f"].geometry
    cost = forward_cost(network, geometry, geometry.group)
    for name in vars(cost):
        least = getattr(cost, name) / geometry.group
        assert least <= measured[name]["value"] < 1.02 * least, name
    assert forward_cost(network, replace(geometry, group=1)).total == 604


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


@pytest.mark.parametrize(
    ("layers", "samples", "cost"),
    [
        # rows 1 + 1 + 9 · 2 once, 1 + 3 · 2 for each; the mean 9 + 6 + 6, and 2 + 6 + 6 for the other three
        ((9, 9, 3), 4, ForwardCost(cycles_forward=48, cycles_normalise=63, cycles_activate=12, cycles_classify=44)),
        ((9, 9, 3), 1, ForwardCost(cycles_forward=27, cycles_normalise=21, cycles_activate=3, cycles_classify=11)),
        # another hidden layer is normalised for each of them
        ((9, 5, 8, 3), 2, ForwardCost(cycles_forward=38, cycles_normalise=77, cycles_activate=8, cycles_classify=22)),
    ],
)
def test_groups(layers: tuple[int, ...], samples: int, cost: ForwardCost):
    assert forward_cost(Network.of(layers=layers), replace(SMALL, group=4), samples) == cost


@pytest.mark.parametrize(
    ("layers", "group", "samples"), [((9, 5, 3), 1, 2), ((9, 5, 3), 4, 5), ((9, 3), 4, 2), ((9, 5, 3), 4, 0)]
)
def test_a_group_that_cannot_be_is_refused(layers: tuple[int, ...], group: int, samples: int):
    with pytest.raises(ContractError, match=f"samples is {samples}, expected an integer from 1 to"):
        forward_cost(Network.of(layers=layers), replace(SMALL, group=group), samples)


def test_latency_and_division_of_a_small_array():
    assert (array_latency(SMALL), division_cycles(SMALL)) == (6, 6)
