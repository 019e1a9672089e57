"""The output layer: prediction, rival and whether there is an error to learn from (clauses 6 and 7), in numpy.

Scores are integers in float32 (R, samples, classes). `argmax` gives the lowest index on a tie.
"""

from collections.abc import Sequence

import numpy as np


class Classifier:
    """Scores against labels, for a block of samples.

    Parameters: `labels` int64 (R, samples); `classes` n_L; `margins`, one per replica.
    """

    def __init__(self, labels: np.ndarray, classes: int, margins: Sequence[int]) -> None:
        self._labels = labels
        # What a rival's score is compared with z_y after: the margin; -∞ keeps the label from being its own rival.
        self._handicap = np.empty((*labels.shape, classes), dtype=np.float32)
        self._handicap[:] = np.array(margins, dtype=np.float32)[:, None, None]
        np.put_along_axis(self._handicap, labels[:, :, None], -np.inf, axis=2)

    def errors(self, z: np.ndarray, first: int) -> np.ndarray:
        """Whether z_y - z_r < margin (clause 7): bool (R, samples), for the scores of the samples from `first` on."""
        labels = self._labels[:, first:]
        own = z.reshape(labels.size, -1)[np.arange(labels.size), labels.ravel()].reshape(labels.shape)
        return (z + self._handicap[:, first:]).max(2) > own

    def d(self, z: np.ndarray, places: Sequence[int | None]) -> np.ndarray:
        """d of the output layer (clause 7): int8 (R, classes), +1 at the label and -1 at the rival.

        Parameters: `z` (R, classes), the scores of sample places[r] of each replica; None: it doesn't learn, d is 0.
        """
        d = np.zeros(z.shape, dtype=np.int8)
        for replica, place in enumerate(places):
            if place is not None:
                d[replica, (z[replica] + self._handicap[replica, place]).argmax()] = -1
                d[replica, self._labels[replica, place]] = 1
        return d


def predict(z: np.ndarray) -> np.ndarray:
    """The class with the largest score, the lowest on a tie (clause 6): int64 (R, …) of scores (R, …, classes)."""
    return z.argmax(-1)
