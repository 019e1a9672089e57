"""The configuration file: defaults, both forms, and everything that is not one refused in one sentence."""

import json

import pytest

from sw.contract.configuration import (
    TABLES,
    configuration_from_json,
    configuration_to_json,
    network_from_tables,
    network_from_toml,
    tables_of,
)
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal

DOCUMENTED = """
[network]
layers = [784, 500, 10]
init_seed = 1
init_range = 8
[learning]
learning_rate = [0.35, 0.4]   # one per weight layer
metaplasticity = [2.2, 2.5]
saturation = [0.0, 0.0]
metaplastic_function = ["tanh", "tanh"]
margin = 39                   # floor(1.75 * sqrt(500))
window = [8]                  # one per hidden layer: floor(0.3 * sqrt(784))
activation = ["sign"]         # or "gate" or "band", one per hidden layer
gate = [0]
scaling = ["none"]            # or "root", one per hidden layer
prng = 2463534242
relax_rate = [0, 0]
relax_floor = 1
"""
GATED = Network.of(layers=(9, 8, 7, 2), activation=("sign", "gate"), gate=(0, -4), learning_rate=(0.1, 1 / 3, 2.0))


@pytest.mark.parametrize("text", ["", "[network]", "[learning]\n", DOCUMENTED])
def test_what_is_left_out_has_its_default(text):
    assert network_from_toml(text) == Network.of()


def test_a_part_of_the_fields_is_enough():
    network = network_from_toml("[network]\nlayers = [100, 64, 10]\n[learning]\nmargin = 0")
    assert network == Network.of(layers=(100, 64, 10), margin=0)


BANDED = Network.of(layers=(9, 8, 7, 2), activation=("band", "gate"), gate=(3, 1), scaling=("root", "none"))


@pytest.mark.parametrize("network", [Network.of(), GATED, BANDED])
def test_the_json_form_keeps_every_field(network):
    text = configuration_to_json(network)
    assert configuration_from_json(text)[0] == network
    tables = json.loads(text)
    assert tables == tables_of(network)
    assert {"rehearsal": TABLES["rehearsal"], **{name: tuple(fields) for name, fields in tables.items()}} == TABLES


def test_the_json_form_keeps_the_rehearsal():
    rehearsal = Rehearsal(size=7, every=3, per=2, horizon=70, prng=9)
    assert configuration_from_json(configuration_to_json(GATED, rehearsal)) == (GATED, rehearsal)


def test_every_field_is_in_one_table():
    names = [name for fields in TABLES.values() for name in fields if name != "prng"]
    fields = {*Network.__dataclass_fields__, *Rehearsal.__dataclass_fields__} - {"prng"}
    assert sorted(names) == sorted(fields)
    assert [name for name, fields in TABLES.items() if "prng" in fields] == ["learning", "rehearsal"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[network]\nlayer = [3, 2]", r"unknown field layer in \[network\], expected layers, init_seed, init_range"),
        ("[network]\nmargin = 3", r"unknown field margin in \[network\]"),
        ("[learning]\nlayers = [3, 2]", r"unknown field layers in \[learning\]"),
        ("[training]\nmargin = 3", r"unknown table \[training\], expected \[network\], \[learning\], \[rehearsal\]"),
        ("margin = 3", r"unknown table \[margin\]"),
        ("network = 3", r"network is 3, expected a table \[network\]"),
        ("[network", "the configuration is not TOML: "),
        ("[network]\nlayers = [784, 0, 10]", "layers is 0, expected an integer from 1 to 65535"),
        ("[learning]\nlearning_rate = [0.35, nan]", "learning_rate has nan"),
        ("[learning]\nactivation = ['tanh']", "activation has 'tanh'"),
    ],
)
def test_what_is_no_configuration_is_refused(text, message):
    with pytest.raises(ContractError, match=message) as caught:
        network_from_toml(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the configuration is not JSON: "),
        ("[]", "the configuration is not a JSON object"),
        ('{"network": []}', r"network is \[\], expected a table \[network\]"),
        ('{"network": {"layers": [4, 1]}}', "layers ends with 1"),
        ('{"learning": {"learning_rate": [Infinity, 1]}}', "learning_rate has inf"),
    ],
)
def test_a_damaged_json_form_is_refused(text, message):
    with pytest.raises(ContractError, match=message):
        configuration_from_json(text)


def test_a_value_of_the_wrong_kind_is_refused():
    with pytest.raises(ContractError, match="window is 'wide', expected a list of 1"):
        network_from_tables({"learning": {"window": "wide"}})


@pytest.mark.parametrize("field", ["metaplastic_function", "scaling"])
def test_a_checkpoint_without_a_newer_field_means_what_it_did(field):
    """Those written before there was a choice."""
    tables = tables_of(Network.of())
    del tables["learning"][field]
    assert configuration_from_json(json.dumps(tables))[0] == Network.of()
