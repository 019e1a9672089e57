"""Where samples come from: MNIST at one bit a pixel as it ships, grey IDX files, features in an .npz, or made up."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from sw.contract.error import require
from sw.data.archive import ARCHIVES
from sw.data.binarise import DEFAULT_THRESHOLD, binarise, scale_fault
from sw.data.download import obtain
from sw.data.error import DataError
from sw.data.labelled import check_labels, load_labelled
from sw.data.mnist import load_packed
from sw.experiments.continual.stream import Labelled
from sw.files.damaged import DAMAGED
from sw.files.error import FileError
from sw.files.input import ZIP_MAGIC, with_places
from sw.host.array_archive import words
from sw.terminal.speech import say

FASHION_THRESHOLDS = (63,)
HELD_BACK = 10_000
FEATURES = ("train", "train_labels", "test", "test_labels")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Folders of IDX files, filled from the net if they are empty. `grey`: samples are 0…255 and not bits.

    Fashion-MNIST as bits has thresholds of its own, 63 by default: much of its cloth is darker than half. `validation`: the
    last 10,000 training samples are held back and take the place of the test samples, so that nothing is chosen by those.
    """

    grey: bool = False
    validation: bool = False
    mnist_folder: Path = Path("data/mnist")
    fashion_folder: Path = Path("data/fashion-mnist")
    fashion_thresholds: tuple[int, ...] = FASHION_THRESHOLDS
    features: Path | None = None

    @property
    def scale(self) -> float:
        """What samples are multiplied with to lie in 0…1."""
        return 1 / 255 if self.grey else 1.0

    def mnist(self) -> tuple[Labelled, Labelled]:
        """Training and test samples."""
        if self.grey:
            return self._split(*self._grey("mnist", self.mnist_folder))
        return self._split(load_packed("train"), load_packed("test"))

    def fashion(self) -> tuple[Labelled, Labelled]:
        """Training and test samples."""
        train, test = self._grey("fashion-mnist", self.fashion_folder)
        if not self.grey:
            train, test = ((self._fashion_bits(inputs), labels) for inputs, labels in (train, test))
        return self._split(train, test)

    def _fashion_bits(self, inputs: np.ndarray) -> np.ndarray:
        bits = binarise(inputs, *self.fashion_thresholds)
        fault = scale_fault(inputs, bits, self.fashion_thresholds)
        if fault is not None:
            say(f"warning: Fashion-MNIST {fault}")
        return bits

    def _split(self, train: Labelled, test: Labelled) -> tuple[Labelled, Labelled]:
        if not self.validation:
            return train, test
        (inputs, labels), end = train, -HELD_BACK
        return (inputs[:end], labels[:end]), (inputs[end:], labels[end:])

    @staticmethod
    def _grey(name: str, folder: Path) -> tuple[Labelled, Labelled]:
        paths = list(obtain(ARCHIVES[name], folder).values())
        train, test = (load_labelled(*pair, pixels=784, classes=10) for pair in (paths[:2], paths[2:]))
        return train, test


def bits_of(inputs: np.ndarray, scale: float) -> np.ndarray:
    """What the chip sees of samples: bits as they are, grey bytes above the threshold, features above 0."""
    if inputs.dtype != np.uint8:
        return (inputs > 0).astype(np.uint8)
    return inputs if scale == 1 else binarise(inputs, DEFAULT_THRESHOLD)


def load_features(path: Path) -> tuple[Labelled, Labelled]:
    """Features of another network, an .npz with `train`, `test` float32 (n, d) and `train_labels`, `test_labels` 0…9.

    The paper learns the 512 outputs of a ResNet-18 on CIFAR-10. Raises `DataError`.
    """
    try:
        with path.open("rb") as file, ZipFile(with_places(file, ZIP_MAGIC)) as archive:
            train, train_labels, test, test_labels = (_array(archive, name) for name in FEATURES)
    except (OSError, FileError, *DAMAGED) as error:
        raise DataError(f"{path} is no .npz with {', '.join(FEATURES)} ({words(error)}); make one") from error
    for name, inputs, labels in (("train", train, train_labels), ("test", test, test_labels)):
        if inputs.ndim != 2 or labels.shape != inputs.shape[:1] or inputs.shape[1] != train.shape[1]:
            raise DataError(f"{path}: {name} is {inputs.shape} with labels {labels.shape}, expected (n, d) and (n,)")
        check_labels(labels, 10, f"{path}: {name}_labels")
    return (train.astype(np.float32), train_labels), (test.astype(np.float32), test_labels)


def _array(archive: ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def made_up_features(seed: int, *, dimensions: int = 512, train: int = 5000, test: int = 1000) -> tuple[Labelled, Labelled]:
    """Ten Gaussian clusters, standardised: a stand-in that runs the code of the CIFAR experiments and proves nothing
    about CIFAR."""
    require(min(dimensions, train, test) > 0, "made-up features have no samples, expected at least one")
    random = np.random.default_rng(seed)
    centres = random.standard_normal((10, dimensions)) * 0.25

    def draw(count: int) -> Labelled:
        labels = random.integers(0, 10, count)
        return (centres[labels] + random.standard_normal((count, dimensions))).astype(np.float32), labels

    return draw(train), draw(test)
