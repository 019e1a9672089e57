"""Metaplastic functions that the contract does not have: what they are, and that each reaches the weights."""

import json
from dataclasses import replace

import pytest

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.experiments.continual.table_shapes import HALF, SHAPES
from sw.experiments.continual.trial import TrialNetwork
from sw.terminal.run import run

NETWORK = Network.of(layers=(30, 20, 10), saturation=(1.4, 0.0), learning_rate=(0.85, 0.3))


def test_a_network_as_it_is_has_the_contract_s_tables():
    shaped = TrialNetwork.like(NETWORK)
    assert [shaped.table(layer) for layer in range(2)] == [NETWORK.table(layer) for layer in range(2)]


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_never_rises_from_one_and_crosses_a_half_where_the_paper_s_does(name):
    f = SHAPES[name]
    assert f(0.0) == 1
    values = [f(x / 20) for x in range(200)]
    assert values == sorted(values, reverse=True)
    assert f(HALF * 0.99) > 0.5 > f(HALF * 1.01)


def test_only_the_layer_that_is_named_has_another_table():
    shaped = replace(TrialNetwork.like(NETWORK), shape=("step", "contract"))
    level = HALF / 2.2 * 128 - 0.5  # m is 2.2: no step toward zero from here on
    assert max(toward for toward, _ in shaped.table(0)) == int(level) + 1
    assert sum(toward > 0 for toward, _ in shaped.table(0)) == round(0.85 * 256)
    assert shaped.table(1) == NETWORK.table(1)


def test_an_unknown_shape_is_refused():
    with pytest.raises(ContractError, match="shape has 'square', expected one of contract, exponential"):
        replace(TrialNetwork.like(NETWORK), shape=("contract", "square"))


def test_a_sweep_learns_with_the_shape_that_it_names(tmp_path):
    path = tmp_path / "a.json"
    words = ["--samples", "300", "--test-samples", "30", "--seeds", "1", "--json", str(path)]
    variants = "metaplasticity = 8; shape = 'contract', metaplasticity = 8; shape = 'step', metaplasticity = 8"
    assert run(app, ["experiment", "settings-sweep", "--variants", variants, *words]) == 0
    found = json.loads(path.read_text())["by_variant"].values()
    _, alone, contract, step = (result["chip"]["runs"][0]["flips"] for result in found)
    assert alone == contract != step
