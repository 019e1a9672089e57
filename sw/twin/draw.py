"""One threshold draw for every row with an error (clauses 9 and 10).

The words of thousands of draws are made ahead, and with them what each would mean to each layer: a draw is then a
look-up of consecutive places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sw.twin import update
from sw.twin.random_words import ahead
from sw.twin.settings import LayerSettings, Settings

LEAST_AHEAD = 8192


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The k rows of one layer that one sample per replica touches, ascending by replica, then neuron.

    index int64 (k,): replica · n + neuron; replica int64 (k,), or None where there is only one; toward, span uint8
    (k, 1), for `update.learn`; relaxes int8 (k, 1), 0 or 1, or None where no replica relaxes in this layer.
    draws, touched: for each replica, how many rows had an error, and how many of those are here.
    """

    index: torch.Tensor
    replica: torch.Tensor | None
    toward: torch.Tensor
    span: torch.Tensor
    relaxes: torch.Tensor | None
    draws: list[int]
    touched: list[int]

    def of(self, values: torch.Tensor) -> torch.Tensor:
        """Values by replica (R, …) as values by row (k, …); those of a single replica stay (1, …), to be broadcast."""
        return values if self.replica is None else values.index_select(0, self.replica)


class Draws:
    """The random words of R replicas and where each stands.

    Parameters: `words`, the state of each, 1…2³²-1.
    """

    def __init__(self, words: Sequence[int], settings: Settings, device: torch.device) -> None:
        self._settings, self._device = settings, device
        self._most = max(layer.neurons for layer in settings.layers)
        self._doublings = (max(LEAST_AHEAD, 2 * self._most) - 1).bit_length()
        self._replicas, self._length = len(words), 1 << self._doublings
        self._restart(words)

    def state(self, replica: int) -> int:
        """The word that a replica holds now."""
        return int(self._words[replica, self._place[replica]])

    def set_state(self, replica: int, word: int) -> None:
        """Continue a replica from `word`."""
        self._restart([word if r == replica else self.state(r) for r in range(self._replicas)])

    def draw(self, layer: int, d: torch.Tensor) -> Rows:
        """Step the words, once for each row with d ≠ 0; `d` int8 (R, n) of one sample per replica.

        Returns the rows that a relaxation or a threshold above zero touches: the others cost no memory cycle (clause 11).
        """
        if max(self._place) + self._most >= self._length:
            self._restart([self.state(r) for r in range(self._replicas)])
        neurons = d.shape[1]
        index = torch.nonzero(d.flatten()).squeeze(1)
        draws = self._per_replica(index, neurons)
        places = self._places(index, neurons, draws)
        self._place = [place + drawn for place, drawn in zip(self._place, draws, strict=True)]
        kept = torch.nonzero(self._touched[layer][places]).squeeze(1)
        index = index.index_select(0, kept)
        effects = self._effects[layer][places].index_select(0, kept)
        return Rows(
            index=index,
            replica=None if self._replicas == 1 else index // neurons,
            toward=effects[:, 0:1],
            span=effects[:, 1:2],
            relaxes=effects[:, 2:3].view(torch.int8) if self._settings.layers[layer].relaxes else None,
            draws=draws,
            touched=self._per_replica(index, neurons),
        )

    def _per_replica(self, index: torch.Tensor, neurons: int) -> list[int]:
        if self._replicas == 1:
            return [len(index)]
        return torch.bincount(index // neurons, minlength=self._replicas).tolist()

    def _places(self, index: torch.Tensor, neurons: int, draws: list[int]) -> torch.Tensor | slice:
        """Where the words of the rows `index` lie among those made ahead."""
        if self._replicas == 1:
            first = self._place[0] + 1
            return slice(first, first + draws[0])
        starts, before = [], 0
        for replica, drawn in enumerate(draws):
            starts.append(replica * self._length + self._place[replica] + 1 - before)
            before += drawn
        return torch.arange(before, device=self._device) + torch.tensor(starts, device=self._device)[index // neurons]

    def _restart(self, words: Sequence[int]) -> None:
        self._words = ahead(torch.tensor(words, dtype=torch.int64, device=self._device), self._doublings)
        self._place = [0] * self._replicas
        self._effects = [self._effects_in(layer) for layer in self._settings.layers]
        self._touched = [effects.amax(1) for effects in self._effects]

    def _effects_in(self, layer: LayerSettings) -> torch.Tensor:
        """uint8 (R · words, 3): θ_toward, span and whether to relax, for every word that was made ahead."""
        replica = torch.arange(self._replicas, device=self._device).unsqueeze(1)
        toward, away = layer.table[replica * 256 + (self._words >> 24)].unbind(-1)
        relaxes = (self._words & 0xFFFF) < layer.relax_rate
        return torch.stack((toward, update.span(toward, away), relaxes), dim=-1).to(torch.uint8).flatten(0, 1)
