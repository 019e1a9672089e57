"""Every hidden weight of a board, used by a network or not: does it keep what is written?"""

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import Device
from sw.host.selftest.places import first_difference

SEED = 1


def fault(device: Device, geometry: Geometry) -> str | None:
    """Fill the whole weight memory with a random pattern, read it back, do the same with its complement.

    So every bit holds a zero and a one, and two words that are one cell of memory are told apart. The first weight that
    reads otherwise, in words, or None. Leaves the complement and a network of one layer configured.
    """
    device.configure(Network.of(layers=(geometry.columns, geometry.rows)))
    pattern = np.random.default_rng(SEED).integers(-128, 128, (geometry.rows, geometry.columns), dtype=np.int8)
    for written in (pattern, ~pattern):
        device.write_weights([written])
        (read_back,) = device.read_weights()
        different = first_difference(geometry, read_back, written)
        if different is not None:
            return different
    return None
