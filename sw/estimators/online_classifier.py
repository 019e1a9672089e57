"""A classifier for River whose network learns on a board: a sample is a dictionary, labels come as they come."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from river.base import Classifier
from river.base.typing import ClfTarget, FeatureName

from sw.contract.error import shown
from sw.contract.rehearsal import Rehearsal
from sw.data.thermometer import ThermometerEncoder
from sw.estimators.choice import begin, choose_encoder, choose_network
from sw.estimators.held_board import HeldBoard
from sw.host import checkpoint
from sw.host.error import InputError
from sw.host.meaning import Meaning


class OnlineMetaplasticClassifier(Classifier):
    """A binarised network that predicts and learns one sample at a time.

    The first `warm_up` samples are kept until the thresholds of the encoder can be learned from them, and are then learned in
    order; until then the prediction is the label seen most often. The features are those of the first samples: what comes
    later under another name is left out, and what is missing has no bit on, so that it contributes nothing.

    Parameters
    ----------
    board
        Name of a board (`metaplast boards` lists them); "compiled" is the accelerator in C++ on this computer.
    port
        Serial port of the board, where there are several.
    hidden
        Neurons of each hidden layer, 0 to 3 of them.
    most_classes
        Labels that there is room for, at least 2; each takes an output neuron when it is first seen.
    encoder
        "auto", or a `ThermometerEncoder` for the features in the order of their names.
    rehearsal
        Past samples to keep and to learn again, one after each new one, or a `Rehearsal` (contract, clause 19); 0: none.
    warm_up
        Samples from which the thresholds are learned, at least 1.
    settings
        Fields of the network in place of this class's own choice, those of the TOML file.
    seed
        Of the initial weights.
    """

    def __init__(
        self,
        board: str = "compiled",
        port: str | None = None,
        hidden: Sequence[int] = (500,),
        most_classes: int = 10,
        encoder: str | ThermometerEncoder = "auto",
        rehearsal: int | Rehearsal = 0,
        warm_up: int = 20,
        settings: dict[str, Any] | None = None,
        seed: int = 1,
    ) -> None:
        self.board = board
        self.port = port
        self.hidden = hidden
        self.most_classes = most_classes
        self.encoder = encoder
        self.rehearsal = rehearsal
        self.warm_up = warm_up
        self.settings = settings
        self.seed = seed
        self._kept: list[tuple[dict[FeatureName, float], int]] = []
        self._labels: list[Any] = []
        self._counts: list[int] = []
        self._names: list[FeatureName] = []
        self._encoder: ThermometerEncoder | None = None
        self._held: HeldBoard | None = None

    @property
    def _multiclass(self) -> bool:
        return True

    @classmethod
    def _unit_test_params(cls) -> Any:
        yield {"hidden": (32,), "warm_up": 20}

    def learn_one(self, x: dict[FeatureName, Any], y: ClfTarget) -> None:
        """Learn from one sample. A feature that is None or not a number is missing.

        Raises `InputError`, and learns nothing, for features that are no numbers, for a label that is no string, integer or
        boolean, and for one more than there is room for.
        """
        numbers = numbers_of(x)
        output = self._output(y)
        if self._held is not None:
            self._held.board.train(self._bits(numbers), np.array([output]))
        else:
            self._kept.append((numbers, output))
            if len(self._kept) >= self.warm_up and any(kept for kept, _ in self._kept):
                self._begin()

    def predict_one(self, x: dict[FeatureName, Any], **kwargs: Any) -> ClfTarget | None:
        """The label of one sample; None before the first was learned. Nothing is learned."""
        if not self._labels:
            return None
        if self._held is not None:
            output = int(self._held.board.predict(self._bits(numbers_of(x)))[0])
            if output < len(self._labels):
                return self._labels[output]
        return self._labels[int(np.argmax(self._counts))]

    def save(self, path: str | Path) -> None:
        """Write what was learned, with the encoder and the labels, to a checkpoint that `metaplast` and `load` take; the names
        of features and the samples of a warm-up that has not ended are not in it. Raises `InputError` before it has ended."""
        state = None if self._held is None else self._held.checkpoint
        if state is None:
            raise InputError("nothing was learned yet: the model still waits for the end of its warm-up")
        replace(state, meaning=Meaning(encoder=self._encoder, labels=tuple(self._labels))).save(Path(path))

    @classmethod
    def load(cls, path: str | Path, names: Sequence[FeatureName], **parameters: Any) -> Self:
        """The model in a checkpoint, which goes on learning; `names` of the features in the order of the encoder, which is that
        of the sorted names, `parameters` as for the class. Raises `CheckpointError`, and `InputError` for another count."""
        state = checkpoint.load(Path(path))
        network = state.network
        encoder, labels = state.meaning.resolved(network)
        if len(names) != encoder.features:
            raise InputError(f"there are {len(names)} names, the encoder in {path} has {encoder.features} features")
        known = {"hidden": network.layers[1:-1], "most_classes": network.layers[-1], "rehearsal": state.rehearsal}
        loaded = cls(**known | parameters)
        loaded._names, loaded._encoder = list(names), encoder
        loaded._labels, loaded._counts = list(labels), [0] * len(labels)
        loaded._held = HeldBoard(loaded.board, loaded.port, state)
        return loaded

    def close(self) -> None:
        """Give the board back and keep what was learned: the next call opens a board again."""
        if self._held is not None:
            self._held.close()

    def _output(self, label: ClfTarget) -> int:
        """The output neuron of a label, a new one's too."""
        if not isinstance(label, str | int | np.bool_ | np.integer):
            raise InputError(f"the label is {shown(label)}, expected a string, an integer or a boolean")
        if label not in self._labels:
            if len(self._labels) == self.most_classes:
                raise InputError(
                    f"label {shown(label)} is one more than the {self.most_classes} of most_classes: make it larger"
                )
            Meaning(labels=(*self._labels, label)).check_is_short()
            self._labels.append(label)
            self._counts.append(0)
        output = self._labels.index(label)
        self._counts[output] += 1
        return output

    def _begin(self) -> None:
        """A network on the board, which learns what was kept."""
        self._names = sorted({name for x, _ in self._kept for name in x}, key=str)
        samples = np.array([[x.get(name, np.nan) for name in self._names] for x, _ in self._kept], np.float64)
        known = np.where(np.isnan(samples), np.nanmedian(samples, axis=0), samples)
        self._encoder = choose_encoder(known, self.encoder)
        network = choose_network(self._encoder.inputs, self.hidden, self.most_classes, self.seed, self.settings)
        held = HeldBoard(self.board, self.port, begin(network, Meaning(encoder=self._encoder), self.rehearsal))
        held.board.train(np.concatenate([self._bits(x) for x, _ in self._kept]), np.array([output for _, output in self._kept]))
        self._held, self._kept = held, []

    def _bits(self, x: dict[FeatureName, float]) -> np.ndarray:
        """The bits of one sample, uint8 of shape (1, n_0); a feature that is missing has none on."""
        assert self._encoder is not None
        missing = np.array([name not in x for name in self._names])
        values = np.array([[x.get(name, 0.0) for name in self._names]], np.float64)
        bits = self._encoder.encode(values)
        bits[:, np.repeat(missing, self._encoder.inputs // self._encoder.features)] = 0
        return bits


def numbers_of(x: dict[FeatureName, Any]) -> dict[FeatureName, float]:
    """The features that are there, as numbers. Raises `InputError` for what is none, and for infinity."""
    numbers = {}
    for name, value in x.items():
        try:
            number = math.nan if value is None else float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"feature {shown(name)} is {shown(value)}, expected a number") from error
        if math.isinf(number):
            raise InputError(f"feature {shown(name)} is {shown(value)}, expected a finite number")
        if not math.isnan(number):
            numbers[name] = number
    return numbers
