"""Images and labels in IDX files, plain or gzip: the format of MNIST and Fashion-MNIST.

A file is a big-endian header (two zero bytes, the type 0x08 for unsigned bytes, the number of dimensions, each
dimension as 32 bits) and then the bytes themselves, the last dimension first to vary.
http://yann.lecun.com/exdb/mnist describes it.

The header is never believed: memory grows with the bytes that are really there, so that a damaged file cannot ask
for more, and a gzip file is not unpacked further than its header says. A file is opened once and read from its beginning to
its end: a pipe is as good.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sw.data.error import DataError
from sw.files.input import Begun

Bytes = NDArray[np.uint8]


class Stream(Protocol):
    """What a file, a pipe and an unpacked gzip file have in common."""

    def read(self, count: int, /) -> bytes:
        """The next `count` bytes, or those that are left."""
        ...


GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20
GET_AGAIN = "get the file again"


def load_images(path: str | Path) -> Bytes:
    """The images of a file, uint8 of shape (n, height, width), all three at least 1. Raises `DataError`."""
    return _load(Path(path), dimensions=3, what="images")


def load_labels(path: str | Path) -> Bytes:
    """The labels of a file, uint8 of shape (n,), n at least 1. Raises `DataError`."""
    return _load(Path(path), dimensions=1, what="labels")


def _load(path: Path, *, dimensions: int, what: str) -> Bytes:
    try:
        with path.open("rb") as file:
            stream = Begun(file, len(GZIP_MAGIC))
            if stream.head == GZIP_MAGIC:
                stream = gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[call-overload]  # it only reads
            shape = _read_header(stream, path, dimensions=dimensions, what=what)
            return _read_exactly(stream, path, shape)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); {GET_AGAIN}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); check the name of the file") from error


def _read_header(stream: Stream, path: Path, *, dimensions: int, what: str) -> tuple[int, ...]:
    length = 4 + 4 * dimensions
    header = stream.read(length)
    magic, expected = header[:4], bytes([0, 0, 8, dimensions])
    if magic != expected:
        raise DataError(
            f"{path} starts with the bytes {magic.hex() or '(none)'}, expected {expected.hex()}; "
            f"give an IDX file of {what} (unsigned bytes, {dimensions} dimensions), or arrays named .npy, .npz or .csv"
        )
    if len(header) < length:
        raise DataError(f"{path} ends after {len(header)} bytes, inside its header of {length}; {GET_AGAIN}")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if 0 in shape:
        raise DataError(f"{path} has the shape {shape}, expected at least 1 in each place; give a file with {what}")
    return shape


def _read_exactly(stream: Stream, path: Path, shape: tuple[int, ...]) -> Bytes:
    expected = math.prod(shape)
    content = bytearray()
    while chunk := stream.read(min(CHUNK, expected + 1 - len(content))):
        content += chunk
    if len(content) < expected:
        raise DataError(
            f"{path} is truncated: {len(content)} bytes after the header, expected {expected} for the shape {shape}; "
            f"{GET_AGAIN}"
        )
    if len(content) > expected:
        raise DataError(
            f"{path} goes on after the {expected} bytes that its shape {shape} asks for, expected its end there; {GET_AGAIN}"
        )
    return np.frombuffer(bytes(content), np.uint8).reshape(shape)
