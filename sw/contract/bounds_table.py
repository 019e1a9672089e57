"""The gates and windows of a network's hidden layers as a board keeps them: one table, an entry for each step of valid inputs.

A layer that is scaled has an entry for each eighth number of its valid inputs (`sw.contract.scaling`), one that is not a single
one. The layers' entries follow each other; a register of the layer says where its first one is.
"""

import struct

from sw.contract.error import require
from sw.contract.geometry import Geometry
from sw.contract.network import Network

ENTRY = struct.Struct("<hH")  # gate, window
TABLE_ENTRIES = 128  # that one TABLE brings: as many bytes as thresholds of a layer


def first_entries(network: Network) -> list[int]:
    """The entry of each hidden layer for no valid input, and behind them the number of all entries."""
    firsts = [0]
    for layer in range(len(network.scaling)):
        firsts.append(firsts[-1] + len(_entries(network, layer)))
    return firsts


def bounds_tables(network: Network, geometry: Geometry) -> list[bytes]:
    """What TABLE brings a board of gates and windows: tables 4, 5, … as far as they are used."""
    entries = [pair for layer in range(len(network.scaling)) for pair in _entries(network, layer)]
    room = geometry.bounds_entries
    require(
        len(entries) <= room,
        f"the scaled layers need {len(entries)} gates and windows and the board has room for {room}: scale fewer layers",
    )
    data = b"".join(ENTRY.pack(*pair) for pair in entries)
    size = TABLE_ENTRIES * ENTRY.size
    return [data[first : first + size].ljust(size, b"\0") for first in range(0, len(data), size)]


def _entries(network: Network, layer: int) -> tuple[tuple[int, int], ...]:
    own = network.gate[layer], network.window[layer]
    return network.bounds(layer) if network.scaling[layer] != "none" else (own,)
