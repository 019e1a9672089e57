"""What differs between a board that has been given samples and the twin that computes them in order."""

from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ, predictions_differ
from sw.twin.device import TwinDevice


def difference(network, board, pixels, labels, predictions):
    """The first difference, or None: predictions, then the whole state."""
    with TwinDevice() as twin:
        Checkpoint.initial(network).put_on(twin)
        return predictions_differ(predictions, twin.train(pixels, labels)) or devices_differ(board, twin)
