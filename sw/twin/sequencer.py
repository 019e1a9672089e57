"""The order of things: forward, error, learn, next sample; for a block of samples and R replicas at once.

A block goes through the forward pass as if nothing were learned from it. Up to the first sample with an error that is
right; there the replica learns, the rows that changed are computed again for the rest of the block, and so on. Replicas
do so side by side, each at its own first error.
"""

from collections.abc import Sequence

import numpy as np
import torch

from sw.contract.network import Network
from sw.contract.state import sign
from sw.twin.array import Array
from sw.twin.classify import Classifier, predict
from sw.twin.draw import Draws
from sw.twin.forward import Forward, Sample
from sw.twin.learner import Learned, learn
from sw.twin.settings import activation_settings


class Sequencer:
    """R machines: their arrays, layer 1 first, their draws and what they have counted.

    Parameters: `networks`, one per replica, of the same sizes; `device`, where the arrays are. Members: `signatures` of the
    training samples (clause 18).
    """

    def __init__(self, networks: Sequence[Network], device: torch.device) -> None:
        relax_floor = torch.tensor([[n.relax_floor] for n in networks], dtype=torch.int8, device=device)
        self.arrays = [Array(*shape, relax_floor) for shape in networks[0].shapes]
        self.draws = Draws(networks)
        self.counters = [{"learned": 0, "draws": 0, "rows_learned": 0} for _ in networks]
        self.signatures = [0] * len(networks)
        self._settings = activation_settings(networks, device)
        self._margins = [n.margin for n in networks]
        self._classes, self._device = networks[0].layers[-1], device

    def forward(self, pixels: torch.Tensor) -> Forward:
        """The forward pass of `pixels`, uint8 (R, samples, n_0)."""
        return Forward(self.arrays, self._settings, pixels.to(self._device).to(torch.float32))

    def step(self, pixels: torch.Tensor, labels: np.ndarray) -> tuple[Sample, list[np.ndarray]]:
        """Train on one sample per replica: its forward pass, and d of each layer, int8 (R, n_l), layer 1 first.

        Parameters: `pixels` uint8 (R, 1, n_0), `labels` int64 (R, 1).
        """
        classifier = Classifier(labels, self._classes, self._margins)
        sample = self.forward(pixels).sample([0] * len(labels))
        z = sample.pre_activations[-1].cpu().numpy()
        self._sign([[self.draws.state(r)] for r in range(len(labels))], predict(z)[:, None])
        errors = classifier.errors(z[:, None], 0)[:, 0]
        learned = self._learn(sample, classifier.d(z, [0 if error else None for error in errors]))
        return sample, learned.d

    def train(self, pixels: torch.Tensor, labels: np.ndarray) -> np.ndarray:
        """Train on a block of consecutive samples; the predictions before learning from each, int64 (R, samples).

        Parameters: `pixels` uint8 (R, samples, n_0), `labels` int64 (R, samples).
        """
        classifier = Classifier(labels, self._classes, self._margins)
        forward = self.forward(pixels)
        predictions = np.empty(labels.shape, dtype=np.int64)
        begin, count = 0, labels.shape[1]  # samples before `begin` are behind every replica
        done = [0] * len(labels)  # and before done[r] behind replica r
        words: list[list[int]] = [[] for _ in done]  # the random word before each sample is learned
        while begin < count:
            z = forward.scores.cpu().numpy()
            predicted, errors = predict(z), classifier.errors(z, begin)
            places: list[int | None] = []  # where each replica learns next; None: nowhere in this block
            for r in range(len(labels)):
                offset = errors[r].tobytes().find(1, done[r] - begin)
                places.append(begin + offset if offset >= 0 else None)
                through = begin + offset + 1 if offset >= 0 else count
                predictions[r, done[r] : through] = predicted[r, done[r] - begin : through - begin]
                words[r] += [self.draws.state(r)] * (through - done[r])
                done[r] = through
            if all(place is None for place in places):
                break
            sample = forward.sample([0 if place is None else place - begin for place in places])
            learned = self._learn(sample, classifier.d(sample.pre_activations[-1].cpu().numpy(), places))
            if min(done) < count:
                forward.continue_from(min(done) - begin, learned.rows[0])
            begin = min(done)
        self._sign(words, predictions)
        return predictions

    def _sign(self, words: list[list[int]], predictions: np.ndarray) -> None:
        """Take samples into the signatures: the words before they were learned, predictions int64 (R, samples)."""
        pairs = zip(self.signatures, words, predictions.tolist(), strict=True)
        self.signatures = [sign(signature, before, classes) for signature, before, classes in pairs]

    def _learn(self, sample: Sample, d: np.ndarray) -> Learned:
        """Learn from one sample per replica, whose output error is `d`, and count it."""
        learned = learn(self.arrays, self._settings, self.draws, sample, d)
        for r, counters in enumerate(self.counters):
            counters["learned"] += int(d[r].any())
            counters["draws"] += sum(rows.draws[r] for rows in learned.rows)
            counters["rows_learned"] += sum(rows.touched[r] for rows in learned.rows)
        return learned
