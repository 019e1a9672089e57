"""Images and their labels from two files, checked against each other and against the network that learns them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sw.data.error import DataError
from sw.data.idx import Bytes, load_images, load_labels


def load_labelled(
    images_path: str | Path, labels_path: str | Path, *, pixels: int | None = None, classes: int | None = None
) -> tuple[Bytes, Bytes]:
    """Grey-scale images, uint8 of shape (n, height·width), and labels, uint8 of shape (n,).

    `pixels` is the number of network inputs (n_0) and `classes` that of its outputs (n_L); None leaves it unchecked.
    Raises `DataError` for a file that cannot be used, for images of another size, for a label that is not below
    `classes` (contract, clause 15), and for unequal numbers of images and labels.
    """
    images = load_images(images_path)
    count, height, width = images.shape
    if pixels is not None and height * width != pixels:
        raise DataError(
            f"{images_path} holds images of {height} x {width} = {height * width} pixels, expected {pixels}; "
            "give images of that size or a network with as many inputs"
        )
    labels = load_labels(labels_path)
    if len(labels) != count:
        raise DataError(
            f"{labels_path} holds {len(labels)} labels, expected {count}, one for each image of {images_path}; "
            "give two files that belong together"
        )
    check_labels(labels, classes, labels_path)
    return images.reshape(count, height * width), labels


def check_labels(labels: NDArray[np.integer], classes: int | None, name: str | Path) -> None:
    """Raise `DataError`, naming `name` and the first bad sample, if a label is not from 0 to below `classes`."""
    wrong = np.zeros(0, int) if classes is None else np.flatnonzero((labels < 0) | (labels >= classes))
    if not len(wrong):
        return
    sample = wrong[0]
    raise DataError(
        f"{name} has the label {labels[sample]} at sample {sample}, expected labels below {classes}; "
        "give labels of that many classes or a network with more outputs"
    )
