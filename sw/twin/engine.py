"""The whole machine: R networks of the same layer sizes, each with its own settings, state and samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sw.contract.error import require, require_integer
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.twin import classify
from sw.twin.array import Array
from sw.twin.draw import Draws
from sw.twin.forward import Forward, at
from sw.twin.learner import Learned, learn
from sw.twin.samples import labels_of, pixels_of, weights_of
from sw.twin.settings import settings_of

TRAIN_BLOCK = 32
INFER_BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Everything that one training sample computed, as numpy arrays with a leading replica axis.

    prediction int64 (R,); learned bool (R,); by layer, first first: pre_activations int64 (R, n_l) (the last are the
    scores z), means int64 (R,) of the hidden layers, d int64 (R, n_l), all 0 where nothing was learned; prng int64
    (R,), the word after the sample.
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


class Twin:
    """R accelerators that learn at the same time.

    Parameters: `networks`, one per replica, with the same layer sizes; `device`, where PyTorch computes; `block`, how
    many samples are computed forward at once, which changes the speed only. The state begins with clause 14's initial
    weights, the configured random word and no samples. Raises `ContractError` if the layer sizes differ.

    A block goes through the forward pass as if nothing were learned from it. Up to the first sample with an error that
    is right; there the replica learns, the rows that changed are computed again for the rest of the block, and so on.
    Replicas do so side by side, each at its own first error.
    """

    def __init__(self, networks: Sequence[Network], device: str = "cpu", block: int = TRAIN_BLOCK) -> None:
        self.networks = tuple(networks)
        self.device = torch.device(device)
        self.block = block
        self.settings = settings_of(self.networks, self.device)
        network, self.replicas = self.networks[0], len(self.networks)
        self.arrays = [Array(self.replicas, *shape, self.device) for shape in network.shapes]
        self._draws = Draws([n.prng for n in networks], self.settings, self.device)
        self._samples = [0] * self.replicas
        self._counters = [{"learned": 0, "draws": 0, "rows_learned": 0} for _ in networks]
        for replica, own in enumerate(self.networks):
            self.load(initial_weights(own), own.prng, 0, replica)

    @classmethod
    def of(cls, network: Network, device: str = "cpu") -> "Twin":
        """The twin of one accelerator."""
        return cls([network], device)

    def train(self, pixels: Any, labels: Any) -> np.ndarray:
        """Train on consecutive samples; the predictions before learning from each, int64 (R, N).

        Parameters: `pixels` (N, n_0) for all replicas or (R, N, n_0), 0 or 1; `labels` (N,) or (R, N). Raises
        `ContractError` for another shape or value; then nothing has changed.
        """
        pixels = pixels_of(pixels, self.replicas, self.networks[0].layers[0])
        labels = labels_of(labels, self.replicas, pixels.shape[1], self.networks[0].layers[-1])
        predictions = np.zeros(labels.shape, dtype=np.int64)
        for first in range(0, pixels.shape[1], self.block):
            block = slice(first, first + self.block)
            self._train_block(self._inputs(pixels[:, block]), labels[:, block].to(self.device), predictions[:, block])
        self._samples = [n + pixels.shape[1] for n in self._samples]
        return predictions

    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions, int64 (R, N), of `pixels` as in `train`; changes nothing."""
        pixels = pixels_of(pixels, self.replicas, self.networks[0].layers[0])
        blocks = pixels.split(INFER_BLOCK, dim=1)
        predictions = [classify.predict(Forward(self.arrays, self.settings, self._inputs(b)).scores) for b in blocks]
        return torch.cat(predictions, dim=1).cpu().numpy()

    def step(self, pixels: Any, label: Any) -> Trace:
        """Train on one sample and tell everything it computed.

        Parameters: `pixels` (n_0,) or (R, n_0); `label` an integer or (R,).
        """
        pixels = pixels_of(np.asarray(pixels)[..., None, :], self.replicas, self.networks[0].layers[0])
        labels = labels_of(np.asarray(label)[..., None], self.replicas, 1, self.networks[0].layers[-1]).to(self.device)
        forward = Forward(self.arrays, self.settings, self._inputs(pixels))
        handicap = classify.handicap(labels, self.networks[0].layers[-1], self.settings.margin)
        learns = classify.has_error(forward.scores, labels, handicap)[:, 0].tolist()
        learned = self._learn(forward, labels, handicap, [0] * self.replicas, learns)
        self._samples = [n + 1 for n in self._samples]
        return Trace(
            prediction=_integers(classify.predict(forward.scores)[:, 0]),
            learned=np.array(learns),
            pre_activations=[_integers(a[:, 0]) for a in forward.pre_activations],
            means=[_integers(mu[:, 0]) for mu in forward.means],
            d=[_integers(d) for d in learned.d],
            prng=np.array([self.prng(replica) for replica in range(self.replicas)]),
        )

    def weights(self, replica: int = 0) -> list[np.ndarray]:
        """Copies of a replica's hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return [array.weights(replica).cpu().numpy().copy() for array in self.arrays]

    def prng(self, replica: int = 0) -> int:
        """A replica's random word."""
        return self._draws.state(replica)

    def samples(self, replica: int = 0) -> int:
        """How many training samples a replica has seen."""
        return self._samples[replica]

    def counters(self, replica: int = 0) -> dict[str, int]:
        """Since the twin was made: samples with an error, steps of the random word, rows that were touched."""
        return dict(self._counters[replica])

    def load(self, weights: Any, prng: int, samples: int, replica: int = 0) -> None:
        """Replace a replica's state (clause 13). Raises `ContractError`, with nothing changed, for what doesn't fit."""
        checked = weights_of(weights, self.networks[0])
        self.set_state(prng, samples, replica)
        for array, w in zip(self.arrays, checked, strict=True):
            array.load(replica, w.to(self.device))

    def set_state(self, prng: int, samples: int, replica: int = 0) -> None:
        """Replace a replica's random word and sample count."""
        require_integer("prng", prng, 1, 2**32 - 1)
        require_integer("samples", samples, 0, 2**64 - 1)
        require(0 <= replica < self.replicas, f"replica is {replica}, expected 0 to {self.replicas - 1}")
        self._draws.set_state(replica, prng)
        self._samples[replica] = samples

    def _train_block(self, pixels: torch.Tensor, labels: torch.Tensor, predictions: np.ndarray) -> None:
        forward = Forward(self.arrays, self.settings, pixels)
        handicap = classify.handicap(labels, self.networks[0].layers[-1], self.settings.margin)
        done = [0] * self.replicas  # samples of the block that each replica is through with
        while True:
            count = labels.shape[1]
            predicted = classify.predict(forward.scores).cpu().numpy()
            errors = classify.has_error(forward.scores, labels, handicap).cpu().numpy()
            found = [errors[r].tobytes().find(1, done[r]) for r in range(self.replicas)]  # -1: no error any more
            learns = [place >= 0 for place in found]
            through = [place + 1 if place >= 0 else count for place in found]
            for r in range(self.replicas):
                predictions[r, done[r] : through[r]] = predicted[r, done[r] : through[r]]
            if not any(learns):
                return
            learned = self._learn(forward, labels, handicap, [max(place, 0) for place in found], learns)
            first = min(through)
            if first == count:
                return
            forward.continue_from(first, learned.rows[0])
            labels, handicap, predictions = labels[:, first:], handicap[:, first:], predictions[:, first:]
            done = [place - first for place in through]

    def _learn(
        self, forward: Forward, labels: torch.Tensor, handicap: torch.Tensor, places: list[int], learns: list[bool]
    ) -> Learned:
        """Learn from sample `places[r]` of the block in the replicas r with `learns[r]`."""
        sample = forward.sample(places)
        mask = torch.tensor(learns, dtype=torch.int8, device=self.device).unsqueeze(1)
        d = classify.error(sample.pre_activations[-1], at(labels.unsqueeze(2), places), at(handicap, places), mask)
        learned = learn(self.arrays, self.settings, self._draws, sample, d)
        for r, counters in enumerate(self._counters):
            counters["learned"] += learns[r]
            counters["draws"] += sum(rows.draws[r] for rows in learned.rows)
            counters["rows_learned"] += sum(rows.touched[r] for rows in learned.rows)
        return learned

    def _inputs(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.to(self.device).to(torch.float32)


def _integers(values: torch.Tensor) -> np.ndarray:
    return values.to(torch.int64).cpu().numpy()
