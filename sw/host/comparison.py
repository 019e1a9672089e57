"""The first difference between two devices that were given the same, named as a person would look for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sw.host.learning_device import LearningDevice, Predictions, Weights

STATE_WORDS = ("random word", "sample count", "signature")
ALSO_COMPARED = ("learned", "draws")


def predictions_differ(board: Predictions, twin: Predictions, first: int = 0) -> str | None:
    """The first sample (counted from `first`) whose predictions differ, or None."""
    if len(board) != len(twin):
        return f"the board gave {len(board)} predictions and the twin {len(twin)}"
    wrong = np.flatnonzero(np.asarray(board) != np.asarray(twin))
    if not len(wrong):
        return None
    i = int(wrong[0])
    return f"the prediction of sample {first + i} is {board[i]} on the board and {twin[i]} on the twin"


def weights_differ(board: Weights, twin: Weights) -> str | None:
    """The first hidden weight that differs, row by row from layer 1, or None."""
    if _shapes(board) != _shapes(twin):
        return f"the board's weights have shapes {_shapes(board)} and the twin's {_shapes(twin)}"
    for layer, (ours, theirs) in enumerate(zip(board, twin, strict=True), 1):
        wrong = np.argwhere(ours != theirs)
        if len(wrong):
            j, i = wrong[0]
            place = f"layer {layer}, neuron {j}, synapse {i}"
            return f"the hidden weight of {place} is {ours[j, i]} on the board and {theirs[j, i]} on the twin"
    return None


def devices_differ(board: LearningDevice, twin: LearningDevice) -> str | None:
    """The first difference of the whole state: every hidden weight, random word, sample count, signature; then `ALSO_COMPARED`.

    Everything is read from both devices.
    """
    difference = weights_differ(board.read_weights(), twin.read_weights())
    if difference:
        return difference
    for what, ours, theirs in zip(STATE_WORDS, board.read_state(), twin.read_state(), strict=True):
        if ours != theirs:
            return f"the {what} is {ours} on the board and {theirs} on the twin"
    ours, theirs = board.counters(), twin.counters()
    for name in ALSO_COMPARED:
        if ours[name] != theirs[name]:
            return f"the counter {name} is {ours[name]} on the board and {theirs[name]} on the twin"
    return None


def _shapes(weights: Sequence[NDArray[np.int8]]) -> list[tuple[int, ...]]:
    return [layer.shape for layer in weights]
