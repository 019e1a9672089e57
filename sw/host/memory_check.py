"""Every hidden weight of a board, used by a network or not: does it keep what is written?"""

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.learning_device import LearningDevice

SEED = 1


def memory_fault(device: LearningDevice, geometry: Geometry) -> str | None:
    """Fill the whole weight memory with a random pattern, read it back, do the same with its complement.

    So every bit holds a zero and a one, and two words that are one cell of memory are told apart. The first weight that
    reads otherwise, in words, or None. Leaves the complement and a network of one layer configured.
    """
    device.configure(Network.of(layers=(geometry.columns, geometry.rows)))
    pattern = np.random.default_rng(SEED).integers(-128, 128, (geometry.rows, geometry.columns), dtype=np.int8)
    for written in (pattern, ~pattern):
        device.write_weights([written])
        (found,) = device.read_weights()
        wrong = np.argwhere(found != written)
        if len(wrong):
            row, column = wrong[0]
            fold, cell, synapse = geometry.place(int(column))
            return (
                f"the weight of row {row}, column {column} (cell {cell}, synapse {synapse}, fold {fold}) reads "
                f"{found[row, column]}, written {written[row, column]} ({len(wrong)} of {written.size} differ)"
            )
    return None
