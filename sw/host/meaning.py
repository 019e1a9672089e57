"""What a network's inputs and outputs stand for: how features become its bits, and which label each output neuron has.

In a checkpoint: `encoder` (JSON: features, levels, complement) with `encoder_thresholds` (float64 of shape (features,
levels)), and `labels` (JSON: a list of at most n_L strings, numbers and booleans).
Each is there or not; a checkpoint without them is one of plain bits and of labels 0 … n_L - 1.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require_integer
from sw.contract.network import Network
from sw.data.error import DataError
from sw.data.thermometer import ThermometerEncoder, one_bit
from sw.host.array_archive import LONGEST_TEXT, ReadArray
from sw.host.error import CheckpointError, InputError

ENCODER, THRESHOLDS, LABELS = "encoder", "encoder_thresholds", "labels"

Label = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """The encoder, and the labels of the first output neurons; None: bits, and the labels 0 … n_L - 1.

    Raises `InputError` for labels that are no strings, numbers or booleans.
    """

    encoder: ThermometerEncoder | None = None
    labels: tuple[Label, ...] | None = None

    def __post_init__(self) -> None:
        if self.labels is None:
            return
        plain = tuple(label.item() if isinstance(label, np.generic) else label for label in self.labels)
        for label in plain:
            if not isinstance(label, str | int | float):
                raise InputError(f"the label {label!r} cannot be saved: expected a string, a number or a boolean")
        object.__setattr__(self, "labels", plain)

    def resolved(self, network: Network) -> tuple[ThermometerEncoder, tuple[Label, ...]]:
        """The encoder and the labels for a network, those of plain bits and of 0 … n_L - 1 where there are none."""
        labels = tuple(range(network.layers[-1])) if self.labels is None else self.labels
        return self.encoder or one_bit(network.layers[0], 0.5), labels

    def check_fits(self, network: Network) -> None:
        """Raise `InputError` unless a network has these inputs and as many outputs as there are labels, or more.

        Also for labels that a checkpoint has no room for.
        """
        if self.encoder is not None and self.encoder.inputs != network.layers[0]:
            raise InputError(f"the encoder makes {self.encoder.inputs} bits, the network has {network.layers[0]} inputs")
        if self.labels is not None and len(self.labels) > network.layers[-1]:
            raise InputError(f"there are {len(self.labels)} labels, the network has {network.layers[-1]} outputs")
        self.check_is_short()

    def check_is_short(self) -> None:
        """Raise `InputError` for labels that a checkpoint has no room for."""
        self.arrays()

    def arrays(self) -> dict[str, NDArray]:
        """What a checkpoint holds of it. Raises `InputError` for labels that are too long together."""
        arrays: dict[str, NDArray] = {}
        if self.encoder is not None:
            features, levels = self.encoder.thresholds.shape
            says = {"features": features, "levels": levels, "complement": self.encoder.complement}
            arrays |= {ENCODER: np.array(json.dumps(says)), THRESHOLDS: self.encoder.thresholds}
        if self.labels is not None:
            text = json.dumps(self.labels)
            if len(text) > LONGEST_TEXT:
                raise InputError(f"the labels have {len(text)} characters together, at most {LONGEST_TEXT} can be saved")
            arrays[LABELS] = np.array(text)
        return arrays


BITS = Meaning()
"""Of a network whose inputs are plain bits and whose labels are 0 … n_L - 1."""


def names_in(names: set[str]) -> set[str]:
    """Those of the arrays above that an archive with these names ought to have."""
    return {*((ENCODER, THRESHOLDS) if {ENCODER, THRESHOLDS} & names else ()), *((LABELS,) if LABELS in names else ())}


def read_meaning(read: ReadArray, names: set[str], network: Network) -> Meaning:
    """The meaning in an archive that has the arrays `names`; `read(name, shape, dtype)` reads one.

    Raises `CheckpointError` or `DataError`, before memory is taken for what cannot fit the network.
    """
    encoder, labels = None, None
    if ENCODER in names:
        shape, complement = _encoder_of(_json(ENCODER, read(ENCODER, (), None)), network)
        encoder = ThermometerEncoder(thresholds=read(THRESHOLDS, shape, np.dtype(np.float64)), complement=complement)
    if LABELS in names:
        labels = _labels_of(_json(LABELS, read(LABELS, (), None)), network)
    return Meaning(encoder=encoder, labels=labels)


def _json(name: str, text: NDArray) -> Any:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} is no JSON") from error


def _encoder_of(says: Any, network: Network) -> tuple[tuple[int, int], bool]:
    if not isinstance(says, dict) or set(says) != {"features", "levels", "complement"} or type(says["complement"]) is not bool:
        raise CheckpointError(f"{ENCODER} has other fields than features, levels and complement")
    inputs = network.layers[0]
    features = require_integer("features of the encoder", says["features"], 1, inputs)
    levels = require_integer("levels of the encoder", says["levels"], 1, inputs)
    if features * levels * (1 + says["complement"]) != inputs:
        raise DataError(f"its encoder makes another count of bits than the network's {inputs} inputs")
    return (features, levels), says["complement"]


def _labels_of(says: Any, network: Network) -> tuple[Label, ...]:
    right = isinstance(says, list) and len(says) <= network.layers[-1] and all(isinstance(x, str | int | float) for x in says)
    if not right:
        raise CheckpointError(f"{LABELS} is no list of at most {network.layers[-1]} strings, numbers and booleans")
    return tuple(says)
