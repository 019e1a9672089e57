"""Learning from one sample per replica, from the output layer down to layer 1 (clauses 8 to 11)."""

from dataclasses import dataclass

import torch

from sw.twin import backward
from sw.twin.array import Array
from sw.twin.draw import Rows, draw
from sw.twin.forward import Forward
from sw.twin.random_words import RandomWords
from sw.twin.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a sample changed: d of each layer, int8 (R, n_l), layer 1 first; the rows of layer 1; per replica, int64 (R,),
    the draws and the rows learned."""

    d: list[torch.Tensor]
    rows: Rows
    draws: torch.Tensor
    rows_learned: torch.Tensor


def learn(
    arrays: list[Array],
    settings: Settings,
    words: RandomWords,
    forward: Forward,
    sample: torch.Tensor,
    d: torch.Tensor,
) -> Learned:
    """Learn from sample `sample[r]` of the block `forward` in replica r.

    Parameters: `sample` int64 (R,); `d` int8 (R, n_L), the output layer's error, all 0 where a replica doesn't learn.
    Each layer's d is taken from the layer after it before that changes (clause 8).
    """
    replicas = torch.arange(len(sample), device=sample.device)
    errors = [d]
    draws = rows_learned = torch.zeros_like(sample)
    for i in range(len(arrays) - 1, -1, -1):
        d = errors[0]
        if i > 0:
            a, mu = forward.pre_activations[i - 1][replicas, sample], forward.means[i - 1][replicas, sample]
            errors.insert(0, backward.error(d, arrays[i], a, mu, settings.layers[i - 1]))
        rows, counts = draw(d, words, settings.layers[i])
        arrays[i].change(rows, d, forward.inputs[i][replicas, sample], settings.relax_floor)
        draws = draws + counts
        rows_learned = rows_learned + torch.bincount(rows.replica, minlength=len(sample))
    return Learned(d=errors, rows=rows, draws=draws, rows_learned=rows_learned)
