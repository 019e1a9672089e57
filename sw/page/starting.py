"""What a page begins with: a network that learns from a few drawings and fits the board, and which networks it can draw for."""

from math import isqrt

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError

SIDE = 28  # pixels of a drawing, as of MNIST's
OUTPUTS = 16  # the ten digits, and room for six symbols that nobody has thought of yet
HIDDEN = 500
LARGEST_SIDE = 64


def teaching_network(geometry: Geometry | None) -> Network:
    """A network for a board, or for any board (None): 28 x 28 pixels, up to 500 hidden neurons, 16 outputs.

    It is given few samples of each class: a large margin, so that it learns from nearly all of them, and a wide window.
    Raises `ContractError` for a board that has no room for such a network.
    """
    hidden = HIDDEN if geometry is None else max(1, min(HIDDEN, geometry.rows - OUTPUTS))
    network = Network.of(
        layers=(SIDE * SIDE, hidden, OUTPUTS),
        init_range=6,
        learning_rate=(0.9, 1.0),
        metaplasticity=(2.0, 2.0),
        margin=6 * isqrt(hidden),
        window=(SIDE,),
    )
    if geometry is not None:
        geometry.check_fits(network)
    return network


def side_of(state: Checkpoint) -> int:
    """Pixels along a side of the drawings that a network takes. Raises `InputError` for one that takes no drawings."""
    inputs = state.network.layers[0]
    side = isqrt(inputs)
    if side * side != inputs or side > LARGEST_SIDE:
        raise InputError(
            f"the network has {inputs} inputs, expected those of a square drawing of at most {LARGEST_SIDE} x {LARGEST_SIDE} "
            f"pixels, as {SIDE * SIDE} = {SIDE} x {SIDE}: give another checkpoint or configuration"
        )
    encoder = state.meaning.encoder
    plain = np.array([[0], [1]]).repeat(inputs, 1)
    if encoder is not None and (encoder.features != inputs or (encoder.encode(plain) != plain).any()):
        raise InputError("the network sees numbers through an encoder, expected plain pixels: give another checkpoint")
    return side
