"""One threshold draw for every row with an error (clauses 9 and 10), in numpy: few and short steps, one after another.

The words of thousands of draws are made ahead, and with them what each would mean to each layer: a draw is then a
look-up of consecutive places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sw.contract.network import Network
from sw.twin import update
from sw.twin.random_words import ahead

LEAST_AHEAD = 8192


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The k rows of one layer that one sample per replica touches, ascending by replica, then neuron.

    replica, neuron int64 (k,); d int8 (k, 1), -1 or +1; toward, span uint8 (k, 1), for `update.learn_`; relaxes bool (k,).
    draws, touched: for each replica, how many rows had an error, and how many of those are here.
    """

    replica: np.ndarray
    neuron: np.ndarray
    d: np.ndarray
    toward: np.ndarray
    span: np.ndarray
    relaxes: np.ndarray
    draws: list[int]
    touched: list[int]


class Draws:
    """The random words and threshold tables of R replicas.

    Parameters: `networks`, one per replica, of the same sizes; each begins with its configured word.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._tables = [_tables(networks, i) for i in range(networks[0].depth)]
        self._relax_rates = [np.array([n.relax_rate[i] for n in networks]) for i in range(networks[0].depth)]
        self._most = max(networks[0].layers[1:])
        self._doublings = (max(LEAST_AHEAD, 2 * self._most) - 1).bit_length()
        self._restart([n.prng for n in networks])

    def state(self, replica: int) -> int:
        """The word that a replica holds now."""
        return int(self._words[replica, self._place[replica]])

    def set_state(self, replica: int, word: int) -> None:
        """Continue a replica from `word`, 1…2³²-1."""
        states = [self.state(r) for r in range(len(self._place))]
        states[replica] = word
        self._restart(states)

    def draw(self, layer: int, d: np.ndarray) -> Rows:
        """Step the words, once for each row with d ≠ 0; `d` int8 (R, n) of one sample per replica.

        Returns the rows that a relaxation or a threshold above zero touches: others cost no memory cycle (clause 11).
        """
        if max(self._place) + self._most >= self._words.shape[1]:
            self._restart([self.state(r) for r in range(len(self._place))])
        replica, neuron = d.nonzero()
        draws = self._per_replica(replica)
        place = self._places(replica, draws)
        self._place = [p + drawn for p, drawn in zip(self._place, draws, strict=True)]
        kept = self._touches[layer][place].nonzero()[0]
        replica, neuron = replica[kept], neuron[kept]
        toward, span, relaxes = self._effects[layer][:, place, None][:, kept]
        return Rows(
            replica=replica,
            neuron=neuron,
            d=d[replica, neuron, None],
            toward=toward,
            span=span,
            relaxes=relaxes[:, 0].view(np.bool_),
            draws=draws,
            touched=self._per_replica(replica),
        )

    def _per_replica(self, replica: np.ndarray) -> list[int]:
        if len(self._place) == 1:
            return [len(replica)]
        return np.bincount(replica, minlength=len(self._place)).tolist()

    def _places(self, replica: np.ndarray, draws: list[int]) -> np.ndarray | slice:
        """Where the words of rows lie among all that were made ahead, given each row's replica."""
        if len(self._place) == 1:
            return slice(self._place[0] + 1, self._place[0] + 1 + draws[0])
        first = np.arange(len(draws)) * self._words.shape[1] + self._place + 1 - np.cumsum([0, *draws[:-1]])
        return np.arange(len(replica)) + first[replica]

    def _restart(self, words: Sequence[int]) -> None:
        self._words = ahead(np.array(words, dtype=np.uint32), self._doublings)
        self._place = [0] * len(words)
        self._effects = [self._effects_in(layer) for layer in range(len(self._tables))]
        self._touches: list[np.ndarray] = [
            np.any(effects, axis=0) for effects in self._effects
        ]  # a span of 0 means that both thresholds are 0

    def _effects_in(self, layer: int) -> np.ndarray:
        """uint8 (3, R · words): θ_toward, span of both thresholds, whether to relax, for every word made ahead."""
        replica = np.arange(len(self._words))[:, None]
        toward, away = self._tables[layer][:, replica, self._words >> 24]
        relaxes = (self._words & 0xFFFF) < self._relax_rates[layer][:, None]
        return np.stack((toward.ravel(), update.span(toward, away).ravel(), relaxes.ravel().astype(np.uint8)))


def _tables(networks: Sequence[Network], layer: int) -> np.ndarray:
    """θ_toward and θ_away of one layer: uint8 (2, R, 256) (clause 12)."""
    return np.moveaxis(np.array([n.table(layer) for n in networks], dtype=np.uint8), 2, 0)
