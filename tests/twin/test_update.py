"""The twin's update of whole rows against the scalar definition of one hidden weight, for every possible input."""

import numpy as np
import pytest
import torch

from sw.contract import hidden_weight
from sw.twin import update

EVERY = torch.arange(-128, 128, dtype=torch.int8)


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_learning_is_the_scalar_definition(step):
    """Given every pair of thresholds 0…128, when all 256 hidden weights step, then each does what the contract says."""
    for toward in range(129):
        away = np.arange(129, dtype=np.uint8)
        q = EVERY.repeat(129, 1)
        thresholds = np.full(129, toward, dtype=np.uint8)
        span = torch.from_numpy(update.span(thresholds, away)).unsqueeze(1)
        update.learn_(q, torch.full_like(q, step), torch.from_numpy(thresholds).unsqueeze(1), span)
        # The definition by its two halves, to keep 129 · 129 · 256 cases fast.
        for row in (0, 1, 2, 64, 126, 127, 128):
            assert q[row].tolist() == [hidden_weight.learn(w, step, toward, row) for w in range(-128, 128)]
        nearer = torch.arange(-128, 128).repeat(129, 1)
        opposes = (nearer >= 0) == (step < 0)
        level = torch.where(nearer >= 0, nearer, -1 - nearer)
        below = level < torch.where(opposes, toward, torch.arange(129).unsqueeze(1))
        assert torch.equal(q.to(torch.int64), torch.where(below, nearer + step, nearer).clamp(-128, 127))


@pytest.mark.parametrize("floor", range(1, 128))
def test_relaxing_is_the_scalar_definition(floor):
    q = EVERY.repeat(1, 1)
    update.relax_(q, torch.tensor([[floor]], dtype=torch.int8))
    assert q[0].tolist() == [hidden_weight.relax(w, floor) for w in range(-128, 128)]


def test_binary_weights_are_the_scalar_definition():
    assert update.binary(EVERY).tolist() == [hidden_weight.binary_weight(q) for q in range(-128, 128)]
