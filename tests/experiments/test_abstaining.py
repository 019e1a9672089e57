"""Inference in which weak synapses abstain: the twin's where none does, that of two passes where some do, in a sweep."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.experiments.continual.abstaining import predictions
from sw.experiments.continual.trial import TrialNetwork
from sw.terminal.run import run
from sw.twin.device import TwinDevice


def a_network(mode, layers=(20, 9, 7, 4)):
    """Hidden layers of one mode, with gates and weights of the full range."""
    hidden = len(layers) - 2
    gated = {"activation": (mode,) * hidden, "gate": (0 if mode == "sign" else 3,) * hidden, "scaling": ("root",) * hidden}
    return Network.of(layers=layers, init_range=128, **gated)


def weights_and_pixels(network):
    random = np.random.default_rng(4)
    weights = [random.integers(-128, 128, shape, dtype=np.int8) for shape in network.shapes]
    return weights, random.integers(0, 2, (200, network.layers[0]), dtype=np.uint8)


@pytest.mark.parametrize("mode", ["sign", "gate", "band"])
def test_where_all_synapses_count_the_predictions_are_the_twin_s(mode):
    network = a_network(mode)
    weights, pixels = weights_and_pixels(network)
    twin = TwinDevice()
    twin.configure(network)
    twin.write_weights(weights)
    assert predictions(network, [0] * network.depth, weights, pixels).tolist() == twin.infer(pixels).tolist()


@pytest.mark.parametrize("least", [1, 16, 127, 128])
def test_a_level_is_the_sum_of_two_passes(least):
    """Of one layer, where a prediction is the largest sum: the signs of q + L and of q - L, q standing for q + ½.

    All weights lie at the edge: of the levels L - 1 and L, either sign.
    """
    network = Network.of(layers=(20, 4))
    _, pixels = weights_and_pixels(network)
    q = np.random.default_rng(5).choice([least - 1, least, -least, -least - 1], (4, 20)).clip(-128, 127).astype(np.int8)
    two = sum(np.where(q.astype(int) + shift + 0.5 > 0, 1, -1) for shift in (least, -least))
    expected = (pixels.astype(int) @ two.T).argmax(axis=1)
    assert predictions(network, [least], [q], pixels).tolist() == expected.tolist()


def test_each_layer_has_its_own_level():
    network = a_network("band")
    weights, pixels = weights_and_pixels(network)
    weak = [np.where(q >= 0, 5, -6).astype(np.int8) for q in weights]
    kept = predictions(network, [5, 5, 5], weak, pixels).tolist()
    assert kept == predictions(network, [0, 0, 0], weak, pixels).tolist()
    assert set(predictions(network, [0, 0, 6], weak, pixels).tolist()) == {0} != set(kept)
    assert predictions(network, [6, 0, 0], weak, pixels).tolist() != kept


def test_a_level_out_of_range_and_one_with_another_rule_are_refused():
    trial = TrialNetwork.like(Network.of())
    with pytest.raises(ContractError, match="abstain"):
        replace(trial, abstain=(0, 129))
    with pytest.raises(ContractError, match="expected 0 with the rule two-rivals"):
        replace(trial, abstain=(16, 0), rule="two-rivals")


def test_a_sweep_tests_with_the_level_that_it_names_and_learns_as_without(tmp_path):
    path = tmp_path / "a.json"
    words = ["--samples", "300", "--test-samples", "200", "--seeds", "1", "--engine", "compiled", "--workers", "1"]
    variants = "abstain = 0; abstain = [127, 0]"
    assert run(app, ["experiment", "settings-sweep", "--variants", variants, *words, "--json", str(path)]) == 0
    plain, none, some = (of["chip"]["runs"][0] for of in json.loads(path.read_text())["by_variant"].values())
    assert plain["final"] == none["final"] != some["final"]
    assert plain["flips"] == none["flips"] == some["flips"]
