"""One row, every bit of every weight: the data pins of the memory, before any of its addresses matters."""

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import Device
from sw.host.selftest.places import first_difference

PATTERNS = (0, -1, *(1 << bit for bit in range(7)), -128)


def fault(device: Device, geometry: Geometry) -> str | None:
    """Write each pattern into row 0 and read it back; the first weight that reads otherwise, in words, or None."""
    device.configure(Network.of(layers=(geometry.columns, geometry.rows)))
    for pattern in PATTERNS:
        # The columns beside have the complement, so that two that are tied together differ.
        row = np.full(geometry.columns, pattern, np.int8)
        row[1::2] = ~row[1::2]
        device.write_rows([(0, row)])
        read_back = device.read_rows([(0, geometry.columns)])
        different = first_difference(geometry, np.stack(read_back), row[None])
        if different is not None:
            return different
    return None
