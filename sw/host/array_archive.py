"""Named arrays in a file, as `numpy.load` reads them, with checksums; read without trust in what the file says.

The zip archive has a CRC-32 of every array, so that a damaged field is refused by its name. The archive's comment has one
of all arrays together, so that arrays of two states are refused too. A file without that comment (an older one, or one
that another program wrote) is as good as its arrays. No time of day is in it: equal arrays make equal files.
"""

import zlib
from collections.abc import Callable
from os import SEEK_END
from typing import IO
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from sw.files.damaged import DAMAGED
from sw.host.error import CheckpointError

CHECKSUM = "metaplast crc32 "  # begins the comment of the archive; eight hexadecimal digits follow
LONGEST_TEXT = 16384  # characters
LONGEST_HEADER = 1024  # bytes that NumPy writes before an array's data, rounded up
MOST_DEFLATED = 1040  # bytes that one byte of a zip archive can stand for, rounded up
LONGEST_WORDS = 200  # characters of what they say


ReadArray = Callable[[str, tuple[int, ...], np.dtype | None], NDArray]
"""`read_array` of one archive."""


def write_arrays(file: IO[bytes], arrays: dict[str, NDArray]) -> None:
    """The archive as `numpy.savez` writes it, without the time of day, with the checksum of all as its comment."""
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        archive.comment = f"{CHECKSUM}{_checksum(arrays):08x}".encode()


def check_together(archive: ZipFile, arrays: dict[str, NDArray]) -> None:
    """Raise `CheckpointError` where the archive says that it was written with other arrays than these, or is cut off."""
    assert archive.fp is not None
    archive.fp.seek(-len(archive.comment) - 2, SEEK_END)
    if int.from_bytes(archive.fp.read(2), "little") != len(archive.comment):  # zipfile takes what is left of it
        raise CheckpointError("its end is missing")
    comment = archive.comment.decode(errors="replace")
    if comment.startswith(CHECKSUM) and comment != f"{CHECKSUM}{_checksum(arrays):08x}":
        raise CheckpointError("its arrays were not saved together: the checksum of all of them is another one")


def read_array(archive: ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype | None) -> NDArray:
    """One array of a known shape and type (None: text), checked in its header before its data are read.

    Raises `CheckpointError` that names the array.
    """
    try:
        return _checked(archive, name, shape, dtype)
    except DAMAGED as error:
        raise CheckpointError(f"{name} is damaged or missing: {words(error)}") from error


def _checked(archive: ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype | None) -> NDArray:
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        stored_shape, _, stored = read_header(file)
    right = stored.kind == "U" and stored.itemsize <= 4 * LONGEST_TEXT if dtype is None else stored == dtype
    if stored_shape != shape or not right:
        raise CheckpointError(f"{name} is {stored} of shape {stored_shape}, expected {dtype or 'text'} of shape {shape}")
    size = stored.itemsize * int(np.prod(shape, dtype=np.int64))
    if not size <= info.file_size <= min(size + LONGEST_HEADER, MOST_DEFLATED * info.compress_size):
        raise CheckpointError(f"{name} has {info.file_size} bytes, expected {size} and a header")
    with archive.open(info) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        if file.read(1):  # reaching the end also checks the CRC
            raise CheckpointError(f"{name} goes on after its data")
    return array


def _checksum(arrays: dict[str, NDArray]) -> int:
    """CRC-32 of the names, types, shapes and contents of all arrays, by name."""
    crc = 0
    for name, array in sorted(arrays.items()):
        crc = zlib.crc32(f"{name} {array.dtype.str} {array.shape} ".encode(), crc)
        crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
    return crc


def words(error: Exception) -> str:
    """The message on one line, and no longer than that."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"
