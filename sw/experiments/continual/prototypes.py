"""Several output rows a class, each near some of its samples: a network that learns classes in turn with nothing stored.

The hidden layer keeps its initial weights and its activation is the sign (clauses 1 to 5 of docs/contract.md). A class has
output rows of its own. Only the winner among the rows of the label learns, and only toward the sample: no row of another class
changes, so that no class is forgotten. A sample to which no row of its class is near takes a new row, as long as there are
some. The class of the largest of all sums is predicted. No machine of this project does it; it is tried here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sw.contract.network import Network
from sw.data.initial_weights import initial_weights

Signs = NDArray[np.float32]  # -1 or +1
AT_ONCE = 10_000  # samples
PIXELS, CLASSES = 784, 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`near`: share of the hidden neurons that agree with a near row; `learning_rate`, `metaplasticity`: of the rows, with the
    hyperbola (clause 12); `start`: the level of a new row."""

    near: float
    learning_rate: float
    metaplasticity: float
    start: int

    def network(self, hidden: int, init_seed: int) -> Network:
        """Whose initial weights the hidden layer has, and whose last table the rows."""
        return Network.of(
            layers=(PIXELS, hidden, CLASSES),
            init_seed=init_seed,
            learning_rate=(self.learning_rate,) * 2,
            metaplasticity=(self.metaplasticity,) * 2,
            metaplastic_function=("hyperbola",) * 2,
        )


class PrototypeRows:
    """At most `most` rows for each class, of `inputs` hidden weights of 8 bits. Draws come from `random`."""

    def __init__(self, settings: Settings, inputs: int, most: int, random: np.random.Generator) -> None:
        self._settings, self._random = settings, random
        self._least = 2 * round(settings.near * inputs) - inputs
        self._thresholds = np.array(settings.network(inputs, 1).table(1), np.int64)
        self._levels = np.zeros((CLASSES, most, inputs), np.int16)
        self._signs = np.zeros((CLASSES, most, inputs), np.float32)
        self.used = np.zeros(CLASSES, np.int64)

    def learn(self, sample: Signs, label: int) -> None:
        """One sample (inputs,): a new row is a copy of it; otherwise the winner of its class steps toward it."""
        used = self.used[label]
        sums = self._signs[label, :used] @ sample
        if used < self._levels.shape[1] and not (sums >= self._least).any():
            self.used[label] += 1
            self._put(label, used, np.where(sample > 0, self._settings.start, ~self._settings.start).astype(np.int16))
            return
        toward, away = self._thresholds[self._random.integers(len(self._thresholds))]
        winner = int(sums.argmax())
        row = self._levels[label, winner]
        mirrored = np.where(sample > 0, row, ~row)
        self._put(label, winner, row + sample.astype(np.int16) * ((mirrored >= -toward) & (mirrored < min(away, 127))))

    def _put(self, label: int, number: int, row: NDArray[np.int16]) -> None:
        self._levels[label, number] = row
        self._signs[label, number] = np.where(row >= 0, 1, -1)

    def predictions(self, samples: Signs) -> NDArray[np.int64]:
        """Classes (N,) of `samples` (N, inputs); one that has no row yet is never predicted."""
        best = np.full((CLASSES, len(samples)), -np.inf)
        for c in np.flatnonzero(self.used):
            best[c] = (samples @ self._signs[c, : self.used[c]].T).max(axis=1)
        return best.argmax(axis=0)


def hidden_signs(network: Network, pixels: NDArray[np.uint8]) -> Signs:
    """Activations (N, n_1) of the first hidden layer as it begins."""
    weights = np.where(initial_weights(network)[0] >= 0, 1, -1).astype(np.float32)
    parts = []
    for first in range(0, len(pixels), AT_ONCE):
        sums = (pixels[first : first + AT_ONCE].astype(np.float32) @ weights.T).astype(np.int64)
        mean = np.floor_divide(sums.sum(axis=1), len(weights))[:, np.newaxis]
        parts.append(np.where(sums >= mean, 1, -1).astype(np.float32))
    return np.concatenate(parts)
