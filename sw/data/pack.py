"""MNIST at one bit a pixel in one small file: how `mnist_1bit/` was made, and how it is read.

    python -m sw.data.pack --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --save train.bz2

A file is bzip2 of n label bytes, then n images of 28 rows, each row 28 bits in 4 bytes, the leftmost pixel in the
highest bit, the last four bits zero. Whole bytes a row compress better than bits without gaps.
"""

import argparse
import bz2
import sys
from pathlib import Path

import numpy as np

from sw.data.binarise import DEFAULT_THRESHOLD, bits_of_file
from sw.data.error import DataError
from sw.data.idx import Bytes
from sw.data.labelled import load_labelled
from sw.files.error import FileError
from sw.files.output import check_outputs, write_bytes
from sw.files.streams import take_every_word

SIDE = 28
PIXELS = SIDE * SIDE
ROW_BYTES = 4
SAMPLE_BYTES = 1 + SIDE * ROW_BYTES


def pack(bits: Bytes, labels: Bytes) -> bytes:
    """The file for `bits`, uint8 0 or 1 of shape (n, 784), and `labels`, uint8 of shape (n,)."""
    rows = np.packbits(bits.reshape(-1, SIDE, SIDE), axis=2)
    return bz2.compress(labels.tobytes() + rows.tobytes(), 9)


def unpack(content: bytes) -> tuple[Bytes, Bytes]:
    """Bits, uint8 0 or 1 of shape (n, 784), and labels, uint8 of shape (n,), of a file made by `pack`."""
    plain = np.frombuffer(bz2.decompress(content), np.uint8)
    count = len(plain) // SAMPLE_BYTES
    rows = plain[count:].reshape(count, SIDE, ROW_BYTES)
    return np.unpackbits(rows, axis=2, count=SIDE).reshape(count, PIXELS), plain[:count]


def main(arguments: list[str] | None = None) -> int:
    """The command above. Returns the exit status: 0, or 2 after one sentence about what is wrong."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m sw.data.pack", description="Pack MNIST to one bit a pixel.")
    parser.add_argument("--images", required=True, type=Path, help="IDX file of 28 x 28 images, plain or gzip")
    parser.add_argument("--labels", required=True, type=Path, help="IDX file of their labels")
    parser.add_argument("--threshold", type=int, default=DEFAULT_THRESHOLD, help="a pixel above it is 1")
    parser.add_argument("--save", required=True, type=Path, help="the file to write")
    given = parser.parse_args(arguments)
    try:
        check_outputs({"--save": given.save}, {"--images": given.images, "--labels": given.labels})
        images, labels = load_labelled(given.images, given.labels, pixels=PIXELS)
        write_bytes(given.save, pack(bits_of_file(images, (given.threshold,), given.images), labels))
    except (DataError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
