"""Gates and windows by the number of valid inputs (clause 5): the model's, at every end."""

import pytest

from sw.contract.network import Network
from sw.contract.scaling import scaled
from tests.drivers.contract_model import ContractModel, Layer, table

TABLE = table(lr=0, m=0)


@pytest.mark.parametrize("value", [-1023, -1022, -400, -17, -5, -1, 0, 1, 4, 5, 17, 36, 399, 400, 1022, 1023])
def test_what_is_scaled_is_the_model_s(value: int):
    model = ContractModel(inputs=1, layers=[Layer(neurons=2, table=TABLE)], margin=0, prng=1, weights=[[[0], [0]]])
    layer = Layer(neurons=1, table=TABLE, mode="band", scaling="root")
    for valid in (*range(1000), 10007, 65535):
        assert scaled(value, valid) == model.scaled(layer, value, valid)


def test_the_middle_of_a_step_decides_and_halves_are_rounded_up():
    assert [scaled(10, valid) for valid in (0, 7, 8, 96, 103, 104)] == [2, 2, 3, 10, 10, 10]
    assert [scaled(5, valid) for valid in (20, 23, 24)] == [2, 2, 3]  # 2.449 and 2.646
    assert scaled(500, 1) - scaled(-500, 1) == 200  # 100.0 either way
    assert [scaled(value, 217) for value in (1, -1, 3, -3)] == [1, -1, 4, -4]  # 1.483 and 4.45


def test_nothing_is_beyond_the_range_of_a_gate():
    assert [scaled(value, 784) for value in (-1023, -365, -364, 364, 365, 1023)] == [-1023, -1023, -1022, 1022, 1023, 1023]


def test_a_layer_has_an_entry_for_each_eighth_number_of_valid_inputs():
    network = Network.of(layers=(784, 16, 15, 2), activation=("band", "gate"), gate=(17, -3), window=(4, 9))
    assert network.bounds(0) == ((17, 4),) * 99
    network = Network.of(**network.fields() | {"scaling": ("root", "root")})
    assert len(network.bounds(0)) == 99 and network.bounds(0)[12] == (17, 4)
    assert network.bounds(1) == ((-1, 2), (-1, 3), (-1, 4))
