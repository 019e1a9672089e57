"""What the sections share: a small network, its samples, a device on a transport, and what the twin says at the end."""

from typing import Any

import numpy as np

from sw.contract.network import Network
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ, predictions_differ
from sw.host.device import Device, connect
from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions
from sw.host.transport import Transport
from sw.terminal.speech import say

NETWORK = Network.of(layers=(12, 6, 3), margin=4, init_range=20, relax_rate=(3000, 300))
SOON = {"resend_after": 0.002, "hello_timeout": 20.0, "reply_timeout": 30.0}  # for a board that answers at once


def times(scale: float, count: int) -> int:
    """So many of `count`, at least one."""
    return max(1, round(scale * count))


def samples(count: int, seed: int) -> tuple[Bits, Labels]:
    """Random pixels uint8 (count, n_0) and labels (count,)."""
    random = np.random.default_rng(seed)
    return random.integers(0, 2, (count, NETWORK.layers[0]), dtype=np.uint8), random.integers(0, NETWORK.layers[-1], count)


def begun(transport: Transport, **options: Any) -> Device:
    """A device over a transport, with the network in its initial state."""
    device = connect(transport, "the board", **SOON | options)
    Checkpoint.initial(NETWORK).put_on(device)
    return device


def twin_differs(board: LearningDevice, pixels: Bits, labels: Labels, predictions: Predictions) -> str | None:
    """What differs first from a twin that learns the samples in order, or None: predictions, then the whole state."""
    with known_boards.find("twin").open(say) as twin:
        Checkpoint.initial(NETWORK).put_on(twin)
        return predictions_differ(predictions, twin.train(pixels, labels)) or devices_differ(board, twin)
