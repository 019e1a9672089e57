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
from sw.twin.forward import Forward, Sample
from sw.twin.learner import Learned, learn
from sw.twin.samples import labels_of, pixels_of, weights_of
from sw.twin.settings import activation_settings

TRAIN_BLOCK = 32
INFER_BLOCK = 256


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
        require(len(networks) > 0, "a twin has no networks, expected at least one")
        self.networks, self.sizes = tuple(networks), networks[0].layers
        for network in networks:
            require(network.layers == self.sizes, f"layers is {network.layers}, the first replica's is {self.sizes}")
        self.replicas, self.block, self.device = len(networks), block, torch.device(device)
        relax_floor = torch.tensor([[n.relax_floor] for n in networks], dtype=torch.int8, device=self.device)
        self._arrays = [Array(*shape, relax_floor) for shape in networks[0].shapes]
        self._settings = activation_settings(networks, self.device)
        self._draws = Draws(networks)
        self._samples = [0] * self.replicas
        self._counters = [{"learned": 0, "draws": 0, "rows_learned": 0} for _ in networks]
        for replica, own in enumerate(networks):
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
        pixels = pixels_of(pixels, self.replicas, self.sizes[0])
        labels = labels_of(labels, self.replicas, pixels.shape[1], self.sizes[-1])
        predictions = np.zeros(labels.shape, dtype=np.int64)
        for first in range(0, pixels.shape[1], self.block):
            block = slice(first, first + self.block)
            self._train_block(self._inputs(pixels[:, block]), labels[:, block], predictions[:, block])
        self._samples = [n + pixels.shape[1] for n in self._samples]
        return predictions

    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions, int64 (R, N), of `pixels` as in `train`; changes nothing."""
        pixels = pixels_of(pixels, self.replicas, self.sizes[0])
        blocks = [self._forward(block).scores.cpu().numpy() for block in pixels.split(INFER_BLOCK, dim=1)]
        return np.concatenate([classify.predict(z) for z in blocks], axis=1)

    def step(self, pixels: Any, label: Any) -> Trace:
        """Train on one sample and tell everything it computed.

        Parameters: `pixels` (n_0,) or (R, n_0); `label` an integer or (R,). Raises `ContractError` as `train` does.
        """
        pixels = pixels_of(np.asarray(pixels)[..., None, :], self.replicas, self.sizes[0])
        labels = labels_of(np.asarray(label)[..., None], self.replicas, 1, self.sizes[-1])
        sample = self._forward(pixels).sample([0] * self.replicas)
        z = sample.pre_activations[-1].cpu().numpy()
        classifier = self._classifier(labels)
        learns = classifier.errors(z[:, None], 0)[:, 0]
        learned = self._learn(sample, classifier.d(z, [0 if learning else None for learning in learns]))
        self._samples = [n + 1 for n in self._samples]
        return Trace(
            prediction=classify.predict(z[:, None])[:, 0],
            learned=learns,
            pre_activations=[_integers(a) for a in sample.pre_activations],
            means=[_integers(mu)[:, 0] for mu in sample.means],
            d=learned.d,
            prng=np.array([self.prng(replica) for replica in range(self.replicas)]),
        )

    def weights(self, replica: int = 0) -> list[np.ndarray]:
        """Copies of a replica's hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return [array.weights(replica).cpu().numpy().copy() for array in self._arrays]

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
        for array, w in zip(self._arrays, checked, strict=True):
            array.load(replica, w.to(self.device))

    def set_state(self, prng: int, samples: int, replica: int = 0) -> None:
        """Replace a replica's random word and sample count. Raises `ContractError` outside their ranges (clause 15)."""
        require_integer("prng", prng, 1, 2**32 - 1)
        require_integer("samples", samples, 0, 2**64 - 1)
        require_integer("replica", replica, 0, self.replicas - 1)
        self._draws.set_state(replica, prng)
        self._samples[replica] = samples

    def _train_block(self, inputs: torch.Tensor, labels: np.ndarray, predictions: np.ndarray) -> None:
        forward = Forward(self._arrays, self._settings, inputs)
        classifier = self._classifier(labels)
        begin, count = 0, labels.shape[1]  # samples before `begin` are behind every replica
        done = [0] * self.replicas  # and before done[r] behind replica r
        while begin < count:
            z = forward.scores.cpu().numpy()
            predicted, errors = classify.predict(z), classifier.errors(z, begin)
            places: list[int | None] = []  # where each replica learns next, None: nowhere in this block
            for r in range(self.replicas):
                found = errors[r].tobytes().find(1, done[r] - begin)
                places.append(begin + found if found >= 0 else None)
                through = begin + found + 1 if found >= 0 else count
                predictions[r, done[r] : through] = predicted[r, done[r] - begin : through - begin]
                done[r] = through
            learning = [place for place in places if place is not None]
            if not learning:
                return
            sample = forward.sample([0 if place is None else place - begin for place in places])
            learned = self._learn(sample, classifier.d(sample.pre_activations[-1].cpu().numpy(), places))
            if min(done) < count:
                forward.continue_from(min(done) - begin, learned.rows[0])
            begin = min(done)

    def _learn(self, sample: Sample, d: np.ndarray) -> Learned:
        """Learn from one sample per replica, whose output error is `d`, and count it."""
        learned = learn(self._arrays, self._settings, self._draws, sample, d)
        for r, counters in enumerate(self._counters):
            counters["learned"] += int(d[r].any())
            counters["draws"] += sum(rows.draws[r] for rows in learned.rows)
            counters["rows_learned"] += sum(rows.touched[r] for rows in learned.rows)
        return learned

    def _classifier(self, labels: np.ndarray) -> classify.Classifier:
        return classify.Classifier(labels, self.sizes[-1], [n.margin for n in self.networks])

    def _forward(self, pixels: torch.Tensor) -> Forward:
        return Forward(self._arrays, self._settings, self._inputs(pixels))

    def _inputs(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.to(self.device).to(torch.float32)


def _integers(values: torch.Tensor) -> np.ndarray:
    return values.to(torch.int64).cpu().numpy()
