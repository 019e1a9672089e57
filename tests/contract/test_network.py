"""Networks: defaults, derived shapes, and every value outside its range refused in one sentence (clauses 2, 15, 16)."""

import dataclasses
import math

import pytest

from sw.contract.error import ContractError
from sw.contract.network import Network, default_margin, default_window


def test_the_default_network_is_the_one_of_the_documentation():
    assert Network.of().fields() == {
        "layers": [784, 500, 10],
        "init_seed": 1,
        "init_range": 8,
        "learning_rate": [0.35, 0.4],
        "metaplasticity": [2.2, 2.5],
        "saturation": [0.0, 0.0],
        "metaplastic_function": ["tanh", "tanh"],
        "margin": 39,
        "window": [8],
        "activation": ["sign"],
        "gate": [0],
        "scaling": ["none"],
        "prng": 2463534242,
        "relax_rate": [0, 0],
        "relax_floor": 1,
    }


@pytest.mark.parametrize(
    ("layers", "margin", "window", "learning_rate"),
    [
        ((784, 10), 49, (), (0.4,)),
        ((784, 256, 240, 10), 27, (8, 4), (0.35, 0.35, 0.4)),
        ((1, 1, 2, 1, 2), 1, (0, 0, 0), (0.35, 0.35, 0.35, 0.4)),
    ],
)
def test_defaults_follow_the_layers(layers, margin, window, learning_rate):
    network = Network.of(layers=layers)
    assert (network.margin, network.window, network.learning_rate) == (margin, window, learning_rate)


def test_default_margin_and_window_are_the_exact_floors():
    for fan_in in range(1, 5000):
        margin, window = default_margin(fan_in), default_window(fan_in)
        assert 16 * margin**2 <= 49 * fan_in < 16 * (margin + 1) ** 2
        assert 100 * window**2 <= 9 * fan_in < 100 * (window + 1) ** 2
        assert (margin, window) == (math.floor(1.75 * math.sqrt(fan_in)), math.floor(0.3 * math.sqrt(fan_in) + 1e-9))


def test_rows_follow_each_other_layer_by_layer():
    network = Network.of(layers=[784, 256, 240, 10])
    assert network.layers == (784, 256, 240, 10)
    assert network.depth == 3
    assert network.shapes == ((256, 784), (240, 256), (10, 240))
    assert network.first_rows == (0, 256, 496)
    assert network.row_count == 506


def test_a_network_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Network.of().margin = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"layer": [3, 2]}, "unknown field layer: the fields of a network are layers, init_seed"),
        ({"layers": [784]}, "layers is .784,., expected a list of 2 to 5 sizes, inputs first"),
        ({"layers": [2, 2, 2, 2, 2, 2]}, "expected a list of 2 to 5 sizes"),
        ({"layers": 784}, "layers is 784, expected a list"),
        ({"layers": [0, 2]}, "layers is 0, expected an integer from 1 to 65535"),
        ({"layers": [65536, 2]}, "layers is 65536"),
        ({"layers": [4.0, 2]}, "layers is 4.0, expected an integer"),
        ({"layers": [784, 500, 1]}, "layers ends with 1, expected at least 2 classes"),
        ({"init_seed": -1}, "init_seed is -1"),
        ({"init_seed": 2**64}, "init_seed is 18446744073709551616"),
        ({"init_seed": "1"}, "init_seed is '1', expected an integer"),
        ({"init_range": 0}, "init_range is 0, expected an integer from 1 to 128"),
        ({"init_range": 129}, "init_range is 129"),
        ({"margin": 32768}, "margin is 32768, expected an integer from -32768 to 32767"),
        ({"margin": -32769}, "margin is -32769"),
        ({"margin": 39.0}, "margin is 39.0, expected an integer"),
        ({"margin": True}, "margin is True, expected an integer"),
        ({"window": [1024]}, "window is 1024, expected an integer from 0 to 1023"),
        ({"window": [-1]}, "window is -1"),
        ({"window": [8, 8]}, "window is .8, 8., expected a list of 1: one per hidden layer"),
        ({"window": 8}, "window is 8, expected a list of 1"),
        ({"metaplastic_function": ["tanh", "step"]}, "metaplastic_function has 'step', expected one of tanh, hyperbola"),
        ({"metaplastic_function": ["tanh"]}, "expected a list of 2: one per weight layer"),
        ({"metaplastic_function": [["tanh"], "tanh"]}, r"metaplastic_function has \['tanh'\], expected one of"),
        ({"activation": ["relu"]}, "activation has 'relu', expected one of sign, gate, band"),
        ({"activation": []}, "activation is .., expected a list of 1"),
        ({"gate": [3]}, "gate is 3 for an activation of mode 'sign', expected 0"),
        ({"activation": ["gate"], "gate": [1024]}, "gate is 1024, expected an integer from -1023 to 1023"),
        ({"activation": ["gate"], "gate": [-1024]}, "gate is -1024"),
        ({"activation": ["band"], "gate": [1024]}, "gate is 1024, expected an integer from -1023 to 1023"),
        ({"scaling": ["square"]}, "scaling has 'square', expected one of none, root"),
        ({"scaling": [True]}, "scaling has True, expected one of none, root"),
        ({"scaling": "root"}, "scaling is 'root', expected a list of 1: one per hidden layer"),
        ({"scaling": ["root", "root"]}, "expected a list of 1: one per hidden layer"),
        ({"prng": 0}, "prng is 0, expected an integer from 1 to 4294967295"),
        ({"prng": 2**32}, "prng is 4294967296"),
        ({"relax_rate": [0, 65537]}, "relax_rate is 65537, expected an integer from 0 to 65536"),
        ({"relax_rate": [-1, 0]}, "relax_rate is -1"),
        ({"relax_rate": [0]}, "relax_rate is .0,., expected a list of 2: one per weight layer"),
        ({"relax_floor": 0}, "relax_floor is 0, expected an integer from 1 to 127"),
        ({"relax_floor": 128}, "relax_floor is 128"),
        ({"learning_rate": [0.35, -0.1]}, "learning_rate has -0.1, expected a finite number >= 0"),
        ({"learning_rate": [10**400, 0.4]}, "learning_rate has 1000"),
        ({"learning_rate": [math.inf, 0.4]}, "learning_rate has inf"),
        ({"learning_rate": [0.35]}, "learning_rate is .0.35,., expected a list of 2: one per weight layer"),
        ({"learning_rate": 0.35}, "learning_rate is 0.35, expected a list of 2"),
        ({"metaplasticity": [math.nan, 1.0]}, "metaplasticity has nan"),
        ({"metaplasticity": ["2.2", 1.0]}, "metaplasticity has '2.2'"),
    ],
)
def test_a_value_outside_its_range_is_refused(fields, message):
    with pytest.raises(ContractError, match=message) as caught:
        Network.of(**fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"init_range": 128, "init_seed": 0},
        {"margin": -(2**15)},
        {"margin": 2**15 - 1},
        {"window": [0]},
        {"window": [1023]},
        {"activation": ["gate"], "gate": [-1023]},
        {"activation": ["gate"], "gate": [1023]},
        {"activation": ["band"], "gate": [-1023], "scaling": ["root"]},
        {"activation": ["band"], "gate": [1023], "scaling": ["none"]},
        {"activation": ["sign"], "scaling": ["root"]},
        {"relax_rate": [65536, 65536], "relax_floor": 127},
        {"prng": 1},
        {"prng": 2**32 - 1},
        {"learning_rate": [0, 5], "metaplasticity": [0, 1e300]},
        {"layers": [65535, 65535]},
    ],
)
def test_the_ends_of_every_range_are_allowed(fields):
    network = Network.of(**fields)
    for name, value in fields.items():
        assert network.fields()[name] == value
