"""MNIST as it ships with the project: one bit a pixel (pixel > 127), in the order of the original files."""

import hashlib
from pathlib import Path
from typing import Literal

from sw.data.error import DataError
from sw.data.idx import Bytes
from sw.data.pack import unpack

FOLDER = Path(__file__).parent / "mnist_1bit"
CHECKSUMS = "SHA256SUMS"

Split = Literal["train", "test"]


def load_packed(split: Split, folder: Path = FOLDER) -> tuple[Bytes, Bytes]:
    """Pixel bits, uint8 0 or 1 of shape (n, 784), and labels, uint8 0…9 of shape (n,).

    `train` has 60,000 samples, `test` 10,000. Raises `DataError` where a file is missing or not the one that
    `SHA256SUMS` names.
    """
    path = folder / f"{split}.bz2"
    try:
        content = path.read_bytes()
        checksums = (folder / CHECKSUMS).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror}); {_RESTORE}") from error
    expected = {name: checksum for checksum, name in map(str.split, checksums.splitlines())}.get(path.name, "none")
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise DataError(f"{path} has the SHA-256 {actual}, expected {expected}; {_RESTORE}")
    return unpack(content)


_RESTORE = "restore the file from the repository (git checkout sw/data/mnist_1bit)"
