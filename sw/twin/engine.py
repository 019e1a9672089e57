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
from sw.twin.forward import Forward
from sw.twin.learner import Learned, learn
from sw.twin.random_words import RandomWords
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
        self._words = RandomWords(self._per_replica([n.prng for n in networks]), most=network.row_count)
        self._samples = [0] * self.replicas
        self._learned, self._draws, self._rows_learned = (self._per_replica([0] * self.replicas) for _ in range(3))
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
        predictions = torch.zeros(labels.shape, dtype=torch.int64, device=self.device)
        for first in range(0, pixels.shape[1], self.block):
            block = slice(first, first + self.block)
            self._train_block(self._inputs(pixels[:, block]), labels[:, block].to(self.device), predictions[:, block])
        self._samples = [n + pixels.shape[1] for n in self._samples]
        return predictions.cpu().numpy()

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
        learns = classify.has_error(forward.scores, labels, self.settings.margin)[:, 0]
        learned = self._learn(forward, labels, torch.zeros_like(labels[:, 0]), learns)
        self._samples = [n + 1 for n in self._samples]
        return Trace(
            prediction=_integers(classify.predict(forward.scores)[:, 0]),
            learned=learns.cpu().numpy(),
            pre_activations=[_integers(a[:, 0]) for a in forward.pre_activations],
            means=[_integers(mu[:, 0]) for mu in forward.means],
            d=[_integers(d) for d in learned.d],
            prng=_integers(self._words.state),
        )

    def weights(self, replica: int = 0) -> list[np.ndarray]:
        """Copies of a replica's hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return [array.weights(replica).cpu().numpy().copy() for array in self.arrays]

    def prng(self, replica: int = 0) -> int:
        """A replica's random word."""
        return int(self._words.state[replica])

    def samples(self, replica: int = 0) -> int:
        """How many training samples a replica has seen."""
        return self._samples[replica]

    def counters(self, replica: int = 0) -> dict[str, int]:
        """Since the twin was made: samples with an error, steps of the random word, rows that were touched."""
        counts = {"learned": self._learned, "draws": self._draws, "rows_learned": self._rows_learned}
        return {name: int(count[replica]) for name, count in counts.items()}

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
        self._words.set_state(replica, prng)
        self._samples[replica] = samples

    def _train_block(self, pixels: torch.Tensor, labels: torch.Tensor, predictions: torch.Tensor) -> None:
        forward = Forward(self.arrays, self.settings, pixels)
        done = torch.zeros_like(labels[:, :1])
        while True:
            count = labels.shape[1]
            index = torch.arange(count, device=self.device)
            pending = index >= done
            z = forward.scores
            predictions.copy_(torch.where(pending, classify.predict(z), predictions))
            errors = classify.has_error(z, labels, self.settings.margin) & pending
            sample = torch.where(errors, index, count).amin(1)  # the first error of each replica, or `count`
            first = int(sample.min())
            if first == count:
                return
            learned = self._learn(forward, labels, sample.clamp(max=count - 1), sample < count)
            first += 1
            if first == count:
                return
            done = (sample + 1 - first).unsqueeze(1)
            labels, predictions = labels[:, first:], predictions[:, first:]
            forward.continue_from(first, learned.rows)

    def _learn(self, forward: Forward, labels: torch.Tensor, sample: torch.Tensor, learns: torch.Tensor) -> Learned:
        """Learn from `sample[r]` of the block where `learns[r]`; `labels` (R, samples) of the block."""
        z = forward.scores[torch.arange(self.replicas, device=self.device), sample]
        d = classify.error(z, labels.gather(1, sample.unsqueeze(1)).squeeze(1), learns)
        learned = learn(self.arrays, self.settings, self._words, forward, sample, d)
        self._learned += learns
        self._draws += learned.draws
        self._rows_learned += learned.rows_learned
        return learned

    def _inputs(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.to(self.device).to(torch.float32)

    def _per_replica(self, values: list[int]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.device)


def _integers(values: torch.Tensor) -> np.ndarray:
    return values.to(torch.int64).cpu().numpy()
