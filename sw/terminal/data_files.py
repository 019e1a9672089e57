"""From the files of samples and labels to what a network sees of them: IDX images, arrays and tables."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.network import Network
from sw.data.binarise import bits_of_file, parse_thresholds, permute
from sw.data.encoder_text import FIRST, fit_encoder
from sw.data.error import DataError
from sw.data.features import is_array_file, load_features, load_targets, place_in
from sw.data.labelled import check_labels, load_labelled
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.learning_device import Bits, Labels
from sw.host.meaning import Meaning


def file_of(option: Path) -> Path:
    """The file that an option names, without the array or column in it."""
    return place_in(option)[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class DataFiles:
    """Samples and labels as they lie in files: `features` numbers of shape (n, features), `targets` of shape (n,)."""

    images: Path
    labels: Path
    features: NDArray[Any]
    targets: NDArray[Any]

    @classmethod
    def load(cls, images: Path, labels: Path, network: Network, *, is_encoded: bool) -> "DataFiles":
        """Read two files: IDX, or .npy, .npz and .csv, also `FILE:NAME` of one array or column. Raises `DataError`, also
        where images are no inputs of the network by themselves and nothing else encodes them (`is_encoded`)."""
        if is_array_file(images) != is_array_file(labels):
            raise DataError(f"{images} and {labels} are of different kinds: give two IDX files, or two of arrays or tables")
        if is_array_file(images):
            features = load_features(images, labels)
            return cls(images=images, labels=labels, features=features, targets=load_targets(labels, len(features)))
        features, targets = load_labelled(images, labels, pixels=None if is_encoded else network.layers[0])
        return cls(images=images, labels=labels, features=features, targets=targets)

    def meaning(self, start: Checkpoint, encoder: str | None, stream: NDArray[np.int64]) -> Meaning:
        """What the inputs and outputs of a network stand for: as the state `start` says, else as these samples do, in the order
        `stream`.

        `encoder` as of `fit_encoder`. Raises `InputError` where `start` has an encoder, or has learned from plain bits.
        """
        known = start.meaning
        if encoder is not None and known.encoder is not None:
            raise InputError("the checkpoint has an encoder of its own: leave --encoder away")
        if encoder is not None and start.samples:
            raise InputError("the network has learned from plain bits: leave --encoder away, or begin with a new network")
        if encoder is not None:
            known = replace(known, encoder=fit_encoder(encoder, self.features[stream[:FIRST]]))
        if known.labels is None and self.targets.dtype.kind in "Ub" and not start.samples:
            known = replace(known, labels=tuple(np.unique(self.targets).tolist()))
        return known

    def bits(
        self,
        meaning: Meaning,
        network: Network,
        threshold: str,
        permutation: int | None,
        order: NDArray[np.int64] | None = None,
    ) -> tuple[Bits, Labels]:
        """Pixel bits, uint8 of shape (n, n_0), and labels, of shape (n,), as the network is to see them; those of `order`.

        Raises `DataError` and `InputError` where they do not fit it.
        """
        meaning.check_fits(network)
        chosen = slice(None) if order is None else order
        return permute(self._bits(meaning, network, threshold, chosen), permutation), self._classes(meaning, network)[chosen]

    def _bits(self, meaning: Meaning, network: Network, threshold: str, chosen: slice | NDArray[np.int64]) -> Bits:
        if meaning.encoder is not None:
            return meaning.encoder.encode(self.features[chosen])
        count = self.features.shape[1]
        if count != network.layers[0]:
            fits = f"expected {network.layers[0]}; give such samples or a network with as many inputs"
            raise DataError(f"{self.images} holds {count} pixels or features a sample, {fits}")
        if self.features.dtype == np.uint8:
            return bits_of_file(self.features, parse_thresholds(threshold), self.images)[chosen]
        if np.isin(self.features, (0, 1)).all():
            return self.features[chosen].astype(np.uint8)
        kind = self.features.dtype
        raise DataError(f"{self.images} holds {kind} numbers: say how they become bits, as in --encoder thermometer:8")

    def _classes(self, meaning: Meaning, network: Network) -> Labels:
        if meaning.labels is None and self.targets.dtype.kind not in "iu":
            kind = "booleans" if self.targets.dtype.kind == "b" else "texts"
            raise DataError(
                f"{self.labels} holds {kind}, the network has learned labels below {network.layers[-1]}: give integers"
            )
        if meaning.labels is None:
            check_labels(self.targets, network.layers[-1], self.labels)
            return self.targets
        known = {label: number for number, label in enumerate(meaning.labels)}
        as_known = str if all(isinstance(label, str) for label in meaning.labels) else lambda label: label
        named = np.array([known.get(as_known(label), -1) for label in self.targets.tolist()], np.int64)
        wrong = np.flatnonzero(named < 0)
        if len(wrong):
            label, sample = self.targets.tolist()[wrong[0]], wrong[0]
            raise DataError(f"{self.labels} has the label {label} at sample {sample}, expected one of {list(meaning.labels)}")
        return named
