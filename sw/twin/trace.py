"""What one training sample computed, to compare hardware with after every sample."""

from dataclasses import dataclass

import numpy as np
import torch

from sw.twin.classify import predict
from sw.twin.forward import Sample


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Everything that one training sample computed, as numpy arrays with a leading replica axis.

    prediction int64 (R,); learned bool (R,); by layer, first first: pre_activations int64 (R, n_l) (the last are the
    scores z), means int64 (R,) of the hidden layers, d int8 (R, n_l), all 0 where nothing was learned; prng int64 (R,),
    the word after the sample.
    """

    prediction: np.ndarray
    learned: np.ndarray
    pre_activations: list[np.ndarray]
    means: list[np.ndarray]
    d: list[np.ndarray]
    prng: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """z: int64 (R, n_L)."""
        return self.pre_activations[-1]


def trace_of(sample: Sample, d: list[np.ndarray], prng: list[int]) -> Trace:
    """The trace of one sample per replica, from its forward pass, its errors by layer and the words after it."""
    pre_activations = [_integers(a) for a in sample.pre_activations]
    return Trace(
        prediction=predict(pre_activations[-1]),
        learned=np.asarray(d[-1].any(1)),
        pre_activations=pre_activations,
        means=[_integers(mu)[:, 0] for mu in sample.means],
        d=d,
        prng=np.array(prng),
    )


def _integers(values: torch.Tensor) -> np.ndarray:
    return values.to(torch.int64).cpu().numpy()
