"""The switching test: flip binary weights whose hidden weights are about equally large, and see how the loss grows.

The paper's evidence that |hidden weight| is importance: the further a hidden weight has gone from zero, the more the
loss grows when its sign is turned. One layer and one bin of magnitudes at a time; the hidden weights themselves and
the statistics of the normalisation stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sw.contract.error import require, require_integer
from sw.reference.learner import Labels, Learner, Samples


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Weights of a layer whose |hidden weight| / largest is in [low, high): how many, their mean, and what one costs.

    `increase` has one number a repetition: growth of the mean loss by one switched weight.
    """

    low: float
    high: float
    candidates: int
    magnitude: float
    increase: list[float]

    def as_json(self) -> dict[str, Any]:
        """For a results file."""
        return asdict(self)


def switching_test(
    learner: Learner, layer: int, inputs: Samples, labels: Labels, *, bins: int, flips: int, repetitions: int, seed: int
) -> list[Bin]:
    """The bins of weight layer `layer` (0 is the first) that hold at least `flips` weights, small ones first.

    In each repetition `flips` weights of a bin, drawn from `seed`, are switched at once. Raises `ContractError`.
    """
    require_integer("layer", layer, 0, len(learner.network.hidden) - 1)
    for name, value in (("bins", bins), ("flips", flips), ("repetitions", repetitions)):
        require_integer(name, value, 1, 2**31)
    random = np.random.default_rng(seed)
    magnitudes = np.abs(learner.hidden()[layer]).ravel()
    largest = float(magnitudes.max())
    require(largest > 0, f"all hidden weights of layer {layer} are 0, expected a trained layer")
    belongs = np.minimum((magnitudes / largest * bins).astype(int), bins - 1)
    before = _loss(learner, inputs, labels)
    fitting = []
    for i in range(bins):
        candidates = np.flatnonzero(belongs == i)
        if len(candidates) < flips:
            continue
        increase = []
        for _ in range(repetitions):
            with switched(learner.network.hidden[layer], random.choice(candidates, flips, replace=False)):
                increase.append((_loss(learner, inputs, labels) - before) / flips)
        mean = float(magnitudes[candidates].mean()) / largest
        fitting.append(Bin(low=i / bins, high=(i + 1) / bins, candidates=len(candidates), magnitude=mean, increase=increase))
    require(bool(fitting), f"flips is {flips}, expected at most the weights of the fullest of {bins} bins of layer {layer}")
    return fitting


@contextmanager
def switched(hidden: Tensor, chosen: np.ndarray) -> Iterator[None]:
    """Within it the hidden weights at the flat indices `chosen` have the other sign; afterwards they are as before."""
    kept = hidden.detach().clone()
    with torch.no_grad():
        hidden.view(-1)[torch.as_tensor(chosen, device=hidden.device)] *= -1
    try:
        yield
    finally:
        with torch.no_grad():
            hidden.copy_(kept)


def _loss(learner: Learner, inputs: Samples, labels: Labels) -> float:
    logits = learner.logits(inputs).double()
    return float(functional.cross_entropy(logits, torch.as_tensor(labels.astype(np.int64), device=logits.device)))
