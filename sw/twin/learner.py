"""Learning from one sample per replica, from the output layer down to layer 1 (clauses 8 to 11)."""

from dataclasses import dataclass

import numpy as np
import torch

from sw.twin import backward
from sw.twin.array import Array
from sw.twin.draw import Draws, Rows
from sw.twin.forward import Sample
from sw.twin.settings import ActivationSettings


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What one sample per replica changed, layer by layer, first first: d, int8 (R, n_l), and the rows."""

    d: list[np.ndarray]
    rows: list[Rows]


def learn(arrays: list[Array], settings: list[ActivationSettings], draws: Draws, sample: Sample, d: np.ndarray) -> Learned:
    """Learn from `sample`, given the output layer's error `d`, int8 (R, n_L), all 0 in a replica that doesn't learn.

    Each layer's d is taken from the layer after it before that changes (clause 8).
    """
    errors, changed = [d], []
    for i in range(len(arrays) - 1, -1, -1):
        d = errors[0]
        if i > 0:
            after = torch.from_numpy(d).to(sample.inputs[0].device)
            a, mu, bounds = sample.pre_activations[i - 1], sample.means[i - 1], sample.bounds[i - 1]
            errors.insert(0, backward.error(after, arrays[i], a, mu, bounds, settings[i - 1]).cpu().numpy())
        rows = draws.draw(i, d)
        arrays[i].change(rows, sample.inputs[i])
        changed.insert(0, rows)
    return Learned(d=errors, rows=changed)
