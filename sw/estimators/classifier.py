"""A classifier for scikit-learn whose network learns on a board, one sample at a time."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from sw.contract.error import shown
from sw.contract.rehearsal import Rehearsal
from sw.data.thermometer import ThermometerEncoder
from sw.estimators.choice import begin, choose_encoder, choose_network, is_binary
from sw.estimators.held_board import HeldBoard
from sw.host import checkpoint
from sw.host.meaning import Meaning
from sw.host.notebook import OpenBoard

ENOUGH = 30  # samples below which thresholds are hardly quantiles


class MetaplasticClassifier(ClassifierMixin, BaseEstimator):
    """A binarised network that learns sample by sample and does not forget what its large hidden weights hold.

    Parameters
    ----------
    board : name of a board (`metaplast boards` lists them); "compiled" is the accelerator in C++ on this computer, bit for bit
        what every board computes.
    port : serial port of the board, where there are several.
    hidden : neurons of each hidden layer, 0 to 3 of them.
    encoder : how features become the bits of the network. "auto": features that are all 0 or 1 are taken as they are; up to
        32 features get four thresholds each, and each bit its opposite beside it; more features get eight thresholds each,
        fewer where there would be more than 4,096 bits. A `ThermometerEncoder` is used as it is.
    rehearsal : past samples to keep, one of which is learned again after each new one, or a `Rehearsal`; 0: none.
    epochs : passes of `fit` over its samples, each in an order of its own; `partial_fit` makes one pass, in the order given.
    settings : fields of the network in place of this class's own choice, those of the TOML file: margin, learning_rate, …
    random_state : of the order of samples in `fit` and of the initial weights.

    Attributes
    ----------
    classes_ : the labels, sorted; output neuron i stands for `classes_[i]`.
    n_features_in_ : features of a sample.
    encoder_ : the `ThermometerEncoder` that is used.
    network_ : the `Network` that is used.

    The board is opened with the first sample and kept until `close`, or until the estimator is deleted. A copy, also a pickled
    one, takes the state along, not the board. What is wrong with samples raises what scikit-learn raises; what is wrong with a
    board, a `HostError`.
    """

    n_features_in_: int

    def __init__(
        self,
        board: str = "compiled",
        *,
        port: str | None = None,
        hidden: Sequence[int] = (500,),
        encoder: str | ThermometerEncoder = "auto",
        rehearsal: int | Rehearsal = 0,
        epochs: int = 10,
        settings: dict[str, Any] | None = None,
        random_state: Any = None,
    ) -> None:
        self.board = board
        self.port = port
        self.hidden = hidden
        self.encoder = encoder
        self.rehearsal = rehearsal
        self.epochs = epochs
        self.settings = settings
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Begin anew and learn from `X`, numbers of shape (n, features), and `y`, labels of shape (n,), `epochs` times."""
        if not isinstance(self.epochs, int | np.integer) or self.epochs < 1:
            raise ValueError(f"epochs is {self.epochs!r}, expected an integer of at least 1")
        random = check_random_state(self.random_state)
        X, labels = self._begin(X, y, None, random.randint(2**31))
        bits, outputs = self.encoder_.encode(X), self._outputs(labels)
        for _ in range(self.epochs):
            order = random.permutation(len(bits))
            self._opened().train(bits[order], outputs[order])
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Learn from samples in the order given, once. The first call needs `classes`, all labels that will ever come, and
        learns the thresholds of the encoder."""
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit: all labels that will ever come")
            X, labels = self._begin(X, y, unique_labels(classes), check_random_state(self.random_state).randint(2**31))
            if len(X) < ENOUGH and isinstance(self.encoder, str) and not is_binary(X):
                warnings.warn(
                    f"the thresholds of the encoder are learned from {len(X)} samples: give the first call more of them, or an "
                    "encoder that was fitted before",
                    stacklevel=2,
                )
        else:
            X, labels = self._checked(X, y, reset=False)
        if classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            now, first_time = shown(unique_labels(classes).tolist()), shown(self.classes_.tolist())
            raise ValueError(f"classes are {now}, not those of the first call, {first_time}")
        self._opened().train(self.encoder_.encode(X), self._outputs(labels))
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The label of each sample. Nothing is learned."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.classes_[self._opened().predict(self.encoder_.encode(X))]

    def save(self, path: str | Path) -> None:
        """Write what was learned, with the encoder and the labels, to a checkpoint that `metaplast` and `load` take."""
        check_is_fitted(self)
        self._opened().save(path)

    @classmethod
    def load(cls, path: str | Path, **parameters: Any) -> Self:
        """The estimator in a checkpoint, ready to predict and to learn on with `partial_fit`; `parameters` as for the class.

        A checkpoint without an encoder takes features that are 0 or 1, one without labels has the labels 0 … n_L - 1.
        Raises `CheckpointError`, and `ValueError` for labels that are not in ascending order.
        """
        state = checkpoint.load(Path(path))
        network = state.network
        encoder, labels = state.meaning.resolved(network)
        classes = np.array(labels)
        if len(classes) < network.layers[-1] or not np.array_equal(classes, np.unique(classes)):
            raise ValueError(f"{path} has labels in the order in which they came: load it with OnlineMetaplasticClassifier")
        loaded = cls(**{"hidden": network.layers[1:-1], "rehearsal": state.rehearsal} | parameters)
        loaded.encoder_, loaded.network_ = encoder, network
        loaded.classes_, loaded.n_features_in_ = classes, encoder.features
        loaded._held = HeldBoard(loaded.board, loaded.port, state)
        return loaded

    def close(self) -> None:
        """Give the board back and keep what was learned: the next call opens a board again."""
        if hasattr(self, "_held"):
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[NDArray[np.float64], NDArray[Any]]:
        X, y = validate_data(self, X, y, dtype=np.float64, reset=reset)
        check_classification_targets(y)
        return X, column_or_1d(y)

    def _begin(self, X: Any, y: Any, classes: NDArray[Any] | None, seed: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """A new network on the board; samples and labels, checked. Everything is checked before the old network goes."""
        before = self.__dict__.get("n_features_in_")
        try:
            X, labels = self._checked(X, y, reset=True)
            known = unique_labels(labels) if classes is None else classes
            if len(known) < 2:
                raise ValueError(f"there is {len(known)} class, expected at least 2: give samples of two or more")
            check_labels(labels, known)
            encoder = choose_encoder(X, self.encoder)
            network = choose_network(encoder.inputs, self.hidden, len(known), seed, self.settings)
            state = begin(network, Meaning(encoder=encoder, labels=tuple(known)), self.rehearsal)
            held = self._held if hasattr(self, "_held") else HeldBoard(self.board, self.port)
            if not held.is_on(self.board, self.port):
                held = HeldBoard(self.board, self.port)  # what was learned before goes, so that it need not fit there
            held.board.resume(state)
        except BaseException:
            if before is not None:
                self.n_features_in_ = before
            raise
        self._held, self.encoder_, self.network_, self.classes_ = held, encoder, network, known
        return X, labels

    def _outputs(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """The output neuron of each label."""
        check_labels(labels, self.classes_)
        return np.searchsorted(self.classes_, labels)

    def _opened(self) -> OpenBoard:
        """The board that `board` and `port` name now, with the network on it if there is one."""
        self._held = self._held.moved_to(self.board, self.port)
        return self._held.board


def check_labels(labels: NDArray[Any], classes: NDArray[Any]) -> None:
    """Raise `ValueError` for a label that is none of the `classes`, which are sorted."""
    unknown = labels[~np.isin(labels, classes)]
    if len(unknown):
        raise ValueError(f"label {shown(unknown[:1].tolist()[0])} is none of the classes {shown(classes.tolist())}")
