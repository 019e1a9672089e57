"""The whole machine: R networks of the same layer sizes, each with its own settings, state and samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sw.contract.error import require, require_integer
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.twin.classify import predict
from sw.twin.samples import labels_of, pixels_of, weights_of
from sw.twin.sequencer import Sequencer
from sw.twin.trace import Trace, trace_of

TRAIN_BLOCK = 32
INFER_BLOCK = 256


class Twin:
    """R accelerators that learn at the same time.

    Parameters: `networks`, one per replica, with the same layer sizes; `device`, where PyTorch computes; `block`, how
    many samples are computed forward at once, which changes the speed only. The state begins with clause 14's initial
    weights, the configured random word and no samples. Raises `ContractError` if the layer sizes differ.
    """

    def __init__(self, networks: Sequence[Network], device: str = "cpu", block: int = TRAIN_BLOCK) -> None:
        require(len(networks) > 0, "a twin has no networks, expected at least one")
        self.networks, self.sizes = tuple(networks), networks[0].layers
        for network in networks:
            require(network.layers == self.sizes, f"layers is {network.layers}, the first replica's is {self.sizes}")
        self.replicas, self.block, self.device = len(networks), block, torch.device(device)
        self._sequencer = Sequencer(networks, self.device)
        self._samples = [0] * self.replicas
        for replica, own in enumerate(networks):
            self.load(initial_weights(own), own.prng, 0, replica=replica)

    @classmethod
    def of(cls, network: Network, device: str = "cpu") -> "Twin":
        """The twin of one accelerator."""
        return cls([network], device)

    def train(self, pixels: Any, labels: Any) -> np.ndarray:
        """Train on consecutive samples; the predictions before learning from each, int64 (R, N).

        Parameters: `pixels` (N, n_0) for all replicas or (R, N, n_0), 0 or 1; `labels` (N,) or (R, N). Raises
        `ContractError` for another shape or value; then nothing has changed.
        """
        pixels = self._pixels(pixels)
        labels = labels_of(labels, self.replicas, pixels.shape[1], self.sizes[-1])
        predictions = np.zeros(labels.shape, dtype=np.int64)
        for first in range(0, pixels.shape[1], self.block):
            block = slice(first, first + self.block)
            predictions[:, block] = self._sequencer.train(pixels[:, block], labels[:, block])
        self._samples = [(n + pixels.shape[1]) % 2**64 for n in self._samples]
        return predictions

    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions, int64 (R, N), of `pixels` as in `train`; changes nothing."""
        return predict(self.scores(pixels))

    def scores(self, pixels: Any) -> np.ndarray:
        """The scores of all classes, int32 (R, N, n_L), of `pixels` as in `train`; changes nothing."""
        blocks = self._pixels(pixels).split(INFER_BLOCK, dim=1)
        scores = [self._sequencer.forward(block).scores.cpu().numpy() for block in blocks]
        return np.concatenate(scores, axis=1).astype(np.int32)

    def step(self, pixels: Any, label: Any) -> Trace:
        """Train on one sample and tell everything it computed.

        Parameters: `pixels` (n_0,) or (R, n_0); `label` an integer or (R,). Raises `ContractError` as `train` does.
        """
        pixels = self._pixels(np.asarray(pixels)[..., None, :])
        labels = labels_of(np.asarray(label)[..., None], self.replicas, 1, self.sizes[-1])
        sample, d = self._sequencer.step(pixels, labels)
        self._samples = [(n + 1) % 2**64 for n in self._samples]
        return trace_of(sample, d, [self.prng(replica) for replica in range(self.replicas)])

    def weights(self, replica: int = 0) -> list[np.ndarray]:
        """Copies of a replica's hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return [array.weights(replica).cpu().numpy().copy() for array in self._sequencer.arrays]

    def prng(self, replica: int = 0) -> int:
        """A replica's random word."""
        return self._sequencer.draws.state(replica)

    def samples(self, replica: int = 0) -> int:
        """How many training samples a replica has seen."""
        return self._samples[replica]

    def signature(self, replica: int = 0) -> int:
        """The signature of the training samples that a replica has seen (clause 18)."""
        return self._sequencer.signatures[replica]

    def counters(self, replica: int = 0) -> dict[str, int]:
        """Since the twin was made: samples with an error, steps of the random word, rows that were touched."""
        return dict(self._sequencer.counters[replica])

    def load(self, weights: Any, prng: int, samples: int, signature: int = 0, *, replica: int = 0) -> None:
        """Replace a replica's state (clause 13). Raises `ContractError`, with nothing changed, for what doesn't fit."""
        checked = weights_of(weights, self.networks[0])
        self.set_state(prng, samples, signature, replica=replica)
        for array, w in zip(self._sequencer.arrays, checked, strict=True):
            array.load(replica, torch.from_numpy(w).to(self.device))

    def set_state(self, prng: int, samples: int, signature: int = 0, *, replica: int = 0) -> None:
        """Replace all of a replica's state but the weights. Raises `ContractError` outside the ranges (clause 15)."""
        prng = require_integer("prng", prng, 1, 2**32 - 1)
        samples = require_integer("samples", samples, 0, 2**64 - 1)
        signature = require_integer("signature", signature, 0, 2**32 - 1)
        replica = require_integer("replica", replica, 0, self.replicas - 1)
        self._sequencer.draws.set_state(replica, prng)
        self._samples[replica] = samples
        self._sequencer.signatures[replica] = signature

    def _pixels(self, pixels: Any) -> torch.Tensor:
        """Checked, uint8 (R, N, n_0)."""
        checked = np.require(pixels_of(pixels, self.replicas, self.sizes[0]), requirements="W")  # PyTorch has no other
        return torch.from_numpy(checked).expand(self.replicas, -1, -1)
