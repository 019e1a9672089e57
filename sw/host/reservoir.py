"""The reservoir of past samples in a checkpoint (contract, clause 19)."""

import numpy as np

from sw.contract import prng
from sw.contract.error import require_integer
from sw.contract.frames import image_bytes
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.reservoir import RESERVOIR, Reservoir
from sw.host.array_archive import ReadArray
from sw.host.error import CheckpointError

MOST_SEEN = (1 << 63) - 1  # new samples: more than anybody sends


def read_reservoir(read: ReadArray, rehearsal: Rehearsal, network: Network) -> Reservoir:
    """The reservoir in an archive; `read(name, shape, dtype)` reads an array. Raises `CheckpointError` or `ContractError`."""
    pixels_name, labels_name, seen_name, prng_name = RESERVOIR
    seen = require_integer(seen_name, int(read(seen_name, (), np.dtype(np.uint64))), 0, MOST_SEEN)
    word = require_integer(prng_name, int(read(prng_name, (), np.dtype(np.uint32))), 1, prng.MASK)
    filled, inputs = min(seen, rehearsal.size), network.layers[0]
    pixels = read(pixels_name, (filled, image_bytes(inputs)), np.dtype(np.uint8))
    labels = read(labels_name, (filled,), np.dtype(np.uint16))
    if np.unpackbits(pixels[:, -1:], axis=1, bitorder="little")[:, (inputs - 1) % 8 + 1 :].any():
        raise CheckpointError(f"{pixels_name} has pixels beyond the {inputs} of the network")
    if labels.size and labels.max() >= network.layers[-1]:
        raise CheckpointError(f"{labels_name} goes up to {labels.max()}, expected less than {network.layers[-1]}")
    return Reservoir(rehearsal=rehearsal, pixels=pixels, labels=labels, seen=seen, prng=word)
