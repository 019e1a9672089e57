"""The hidden weights that a network starts with (clause 14)."""

import numpy as np

from sw.contract.network import Network


def initial_weights(network: Network) -> list[np.ndarray]:
    """int8 arrays of shape (n_l, n_{l-1}), layer 1 first, uniform in -init_range … init_range - 1, from `init_seed`."""
    generator = np.random.default_rng(network.init_seed)
    low, high = -network.init_range, network.init_range
    return [generator.integers(low, high, size=shape, dtype=np.int8) for shape in network.shapes]
