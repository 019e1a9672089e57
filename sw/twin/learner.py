"""Learning from one sample per replica, from the output layer down to layer 1 (clauses 8 to 11)."""

from dataclasses import dataclass

import torch

from sw.twin import backward
from sw.twin.array import Array
from sw.twin.draw import Draws, Rows
from sw.twin.forward import Sample
from sw.twin.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What one sample per replica changed, layer by layer, first first: d, int8 (R, n_l), and the rows."""

    d: list[torch.Tensor]
    rows: list[Rows]


def learn(arrays: list[Array], settings: Settings, draws: Draws, sample: Sample, d: torch.Tensor) -> Learned:
    """Learn from `sample`, given the output layer's error `d`, int8 (R, n_L), all 0 in a replica that doesn't learn.

    Each layer's d is taken from the layer after it before that changes (clause 8).
    """
    errors, changed = [d], []
    for i in range(len(arrays) - 1, -1, -1):
        d = errors[0]
        if i > 0:
            a, mu = sample.pre_activations[i - 1], sample.means[i - 1]
            errors.insert(0, backward.error(d, arrays[i], a, mu, settings.layers[i - 1]))
        rows = draws.draw(i, d)
        arrays[i].change(rows, d, sample.inputs[i], settings.relax_floor)
        changed.insert(0, rows)
    return Learned(d=errors, rows=changed)
