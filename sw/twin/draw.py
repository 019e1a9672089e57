"""One threshold draw for every row with an error (clauses 9 and 10)."""

from dataclasses import dataclass

import torch

from sw.twin.random_words import RandomWords
from sw.twin.settings import LayerSettings


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one layer that are touched, ascending by replica, then neuron: k of them.

    replica, neuron int64 (k,); toward, away int16 (k,), 0…128; relaxes bool (k,), None if no replica relaxes here.
    """

    replica: torch.Tensor
    neuron: torch.Tensor
    toward: torch.Tensor
    away: torch.Tensor
    relaxes: torch.Tensor | None


def draw(d: torch.Tensor, words: RandomWords, settings: LayerSettings) -> tuple[Rows, torch.Tensor]:
    """Step the random words for the rows with d ≠ 0 and look up their thresholds.

    Parameters: `d` int8 (R, neurons). Returns the rows that a relaxation or a threshold above zero touches (clause 11:
    the others cost no memory cycle), and the number of draws of each replica, int64 (R,).
    """
    replica, neuron = torch.nonzero(d, as_tuple=True)
    counts = torch.count_nonzero(d, dim=1)
    word = words.take(replica, counts)
    thresholds = settings.table[replica * 256 + (word >> 24)]
    touched = thresholds.amax(1) > 0
    relaxes = None
    if settings.relaxes:
        relaxes = (word & 0xFFFF) < settings.relax_rate[replica]
        touched |= relaxes
    kept = torch.nonzero(touched).squeeze(1)
    toward, away = thresholds[kept].unbind(1)
    rows = Rows(
        replica=replica[kept],
        neuron=neuron[kept],
        toward=toward,
        away=away,
        relaxes=None if relaxes is None else relaxes[kept],
    )
    return rows, counts
