"""The link: whole rows go there and back, and nothing had to be sent again."""

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import Device

ROWS = 64
SEED = 2


def fault(device: Device, geometry: Geometry) -> str | None:
    """Write and read rows of random bytes; what the line lost, in words, or None. Nothing is judged but the line.

    A line that loses frames is slow and never wrong: it is a fault here, since everything after this stage goes over it.
    """
    device.configure(Network.of(layers=(geometry.columns, geometry.rows)))
    resent = device.link.resent
    rows = np.random.default_rng(SEED).integers(-128, 128, (ROWS, geometry.columns), dtype=np.int8)
    numbers = [i % geometry.rows for i in range(ROWS)]
    device.write_rows(zip(numbers, rows, strict=True))
    device.read_rows((number, geometry.columns) for number in numbers)
    again, damaged = device.link.resent - resent, device.counters()["bad_frames"]
    if again or damaged:
        return (
            f"of {2 * ROWS} frames {again} had to be sent again, and {damaged} came to the board damaged: "
            "training would be slow, though never wrong"
        )
    return None
