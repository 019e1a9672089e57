"""The twin as a board: the same calls, the same types, the same refusals."""

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.twin.device import TwinDevice
from sw.twin.engine import Twin

NETWORK = Network.of(layers=(30, 12, 4), init_range=128, prng=5)


def samples(count):
    generator = np.random.default_rng(2)
    return generator.integers(0, 2, (count, 30), dtype=np.uint8), generator.integers(0, 4, count)


def test_it_is_the_twin_of_one_network():
    pixels, labels = samples(100)
    twin = Twin.of(NETWORK)
    with TwinDevice() as device:
        device.configure(NETWORK)
        predictions = device.train(pixels, labels)
        assert predictions.dtype == np.uint16
        assert predictions.tolist() == twin.train(pixels, labels)[0].tolist()
        assert device.infer(pixels).tolist() == twin.infer(pixels)[0].tolist()
        assert device.read_state() == (twin.prng(), 100, twin.signature())
        assert twin.signature() != 0
        assert device.counters() == twin.counters()
        for found, expected in zip(device.read_weights(), twin.weights(), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_weights_and_state_are_written_apart():
    device = TwinDevice()
    device.configure(NETWORK)
    other = initial_weights(Network.of(layers=(30, 12, 4), init_seed=9))
    device.write_weights(other)
    assert device.read_state() == (5, 0, 0)
    device.write_state(99, 2**64 - 1, 2**32 - 1)
    assert device.read_state() == (99, 2**64 - 1, 2**32 - 1)
    for found, expected in zip(device.read_weights(), other, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_configuring_starts_anew():
    device = TwinDevice()
    device.configure(NETWORK)
    device.train(*samples(20))
    device.configure(NETWORK)
    assert device.read_state() == (5, 0, 0)
    assert device.counters() == {"learned": 0, "draws": 0, "rows_learned": 0}


@pytest.mark.parametrize("use", [TwinDevice.read_weights, TwinDevice.read_state, TwinDevice.counters])
def test_nothing_works_before_it_is_configured_or_after_it_is_closed(use):
    device = TwinDevice()
    with pytest.raises(ContractError, match="not configured"):
        use(device)
    device.configure(NETWORK)
    use(device)
    device.close()
    with pytest.raises(ContractError, match="not configured"):
        use(device)


def test_a_label_that_no_class_has_is_refused_and_nothing_changes():
    device = TwinDevice()
    device.configure(NETWORK)
    pixels, labels = samples(10)
    labels[7] = 4
    with pytest.raises(ContractError, match="a label is 4, expected 0 to 3"):
        device.train(pixels, labels)
    assert device.read_state() == (5, 0, 0)
    for found, expected in zip(device.read_weights(), initial_weights(NETWORK), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_it_says_what_it_is():
    assert TwinDevice().describe() == "twin: the accelerator in PyTorch on cpu, any network"
