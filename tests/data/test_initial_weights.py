"""The hidden weights that a network starts with (clause 14)."""

import numpy as np

from sw.contract.network import Network
from sw.data.initial_weights import initial_weights


def test_one_generator_makes_all_layers_in_order():
    network = Network.of(layers=(5, 4, 3), init_seed=42, init_range=20)
    generator = np.random.default_rng(42)
    first, second = initial_weights(network)
    np.testing.assert_array_equal(first, generator.integers(-20, 20, size=(4, 5), dtype=np.int8))
    np.testing.assert_array_equal(second, generator.integers(-20, 20, size=(3, 4), dtype=np.int8))
    assert first.dtype == second.dtype == np.int8


def test_the_widest_range_reaches_both_rails():
    (weights,) = initial_weights(Network.of(layers=(400, 40), init_range=128))
    assert (weights.min(), weights.max()) == (-128, 127)


def test_the_default_range_is_eight_on_both_sides_of_zero():
    weights = initial_weights(Network.of())
    assert [w.shape for w in weights] == [(500, 784), (10, 500)]
    assert (weights[0].min(), weights[0].max()) == (-8, 7)


def test_the_seed_decides():
    def first(seed):
        return initial_weights(Network.of(layers=(6, 2), init_seed=seed))[0].tolist()

    assert first(1) == first(1) != first(2)
