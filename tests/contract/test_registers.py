"""CONFIGURE's payload: what is written is what the gateware would read back, register by register."""

import pytest

from sw.contract.board_table import ECP5_85F
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS, Network
from sw.contract.registers import (
    CONFIGURATION_BYTES,
    REGISTERS,
    configuration_bytes,
    register_values,
)

FOLDED = Geometry(columns=96, rows=70, grid_height=2, grid_width=2, synapses_per_cell=8, folds=3)
NETWORKS = [
    Network.of(layers=(96, 2)),
    Network.of(layers=(40, 33, 10), margin=-(2**15), window=(1023,), relax_rate=(65536, 65535), relax_floor=127),
    Network.of(
        layers=(65, 32, 3, 20, 4), activation=("gate", "sign", "band"), scaling=("root", "none", "root"), margin=2**15 - 1
    ),
]


def read(payload):
    """The registers of a payload, as one little-endian word is cut: the network's, then each layer's."""
    word = int.from_bytes(payload, "little")
    read_back = []
    for registers in (REGISTERS.network, *[REGISTERS.layer] * MAX_LAYERS):
        values = {}
        for register in registers:
            values[register.name] = word & ((1 << register.width) - 1)
            if register.signed and values[register.name] >> (register.width - 1):
                values[register.name] -= 1 << register.width
            word >>= register.width
        read_back.append(values)
    assert word == 0
    return read_back[0], read_back[1:]


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_written_is_read_back(network):
    payload = configuration_bytes(network, FOLDED)
    assert len(payload) == CONFIGURATION_BYTES
    own, layers = read(payload)
    expected_own, expected_layers = register_values(network, FOLDED)
    assert own == expected_own
    assert layers[: network.depth] == expected_layers
    assert all(value == 0 for layer in layers[network.depth :] for value in layer.values())


def test_the_values_are_the_network_s():
    own, layers = register_values(NETWORKS[2], FOLDED)
    assert own == {"layers": 4, "inputs": 65, "margin": 32767, "relax_floor": 1}
    assert [layer["neurons"] for layer in layers] == [32, 3, 20, 4]
    assert [layer["base"] for layer in layers] == [0, 96, 105, 165]  # first row · folds
    assert [layer["folds"] for layer in layers] == [3, 1, 1, 1]
    assert [layer["mode"] for layer in layers] == [1 + 4, 0, 3 + 4, 0]
    assert [layer["bounds"] for layer in layers] == [0, 9, 10, 0]


def test_the_size_does_not_depend_on_the_network():
    assert len(configuration_bytes(Network.of(), ECP5_85F)) == CONFIGURATION_BYTES == 6 + 4 * 12


def test_a_network_that_does_not_fit_has_no_registers():
    with pytest.raises(ContractError, match="the network needs 71 rows .* has 70"):
        configuration_bytes(Network.of(layers=(96, 69, 2)), FOLDED)


def test_the_gateware_keeps_the_bits_of_the_largest_value():
    bits = [{register.name: register.bits(FOLDED) for register in of} for of in (REGISTERS.network, REGISTERS.layer)]
    assert bits == [
        {"layers": 3, "inputs": 7, "margin": 16, "relax_floor": 7},
        {"neurons": 7, "base": 8, "folds": 2, "mode": 3, "bounds": 7, "relax_rate": 17},
    ]


def test_registers_without_a_sign_use_all_their_bits():
    geometry = Geometry(columns=32768, rows=65535, grid_height=64, grid_width=64, synapses_per_cell=8, folds=1)
    own, (layer, *_) = read(configuration_bytes(Network.of(layers=(32768, 65535)), geometry))
    assert (own["inputs"], layer["neurons"]) == (32768, 65535)
