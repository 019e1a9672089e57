"""Files as they are read: once, from the beginning to the end, so that a pipe is as good as a file."""

import io
from pathlib import Path
from typing import IO, Any

from sw.contract.error import ContractError
from sw.contract.parsing import parse_json
from sw.files.error import FileError, cannot

LONGEST_TEXT = 1 << 28  # bytes: more than any text that this project reads, netlists too, less than a machine has

ZIP_MAGIC = b"PK"


class Begun:
    """A stream of which the first bytes have been read, as if they had not been.

    Members: `head`, those bytes.
    """

    def __init__(self, stream: IO[bytes], count: int) -> None:
        self._stream = stream
        self.head = self._left = stream.read(count)

    def read(self, count: int = -1) -> bytes:
        """The next `count` bytes, or those that are left; all without a count."""
        if count < 0:
            content, self._left = self._left + self._stream.read(), b""
            return content
        first, self._left = self._left[:count], self._left[count:]
        return first + self._stream.read(count - len(first))


def with_places(file: IO[bytes], magic: bytes) -> IO[bytes]:
    """A file in which one can go back, as a zip archive asks for: what can be read only once is read whole.

    Raises `FileError` for such a file, which might never end, if it does not begin with `magic`.
    """
    if file.seekable():
        return file
    stream = Begun(file, len(magic))
    if stream.head != magic:
        raise FileError(f"it begins with the bytes {stream.head.hex() or '(none)'}, expected {magic.hex()}")
    return io.BytesIO(stream.read())


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, without the mark that some editors put before it. Raises `FileError`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LONGEST_TEXT + 1)
    except OSError as error:
        raise cannot(path, "read", error) from error
    if len(content) > LONGEST_TEXT:
        raise FileError(f"{path} has more than {LONGEST_TEXT >> 20} MiB, expected a text: check the name of the file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is no text in UTF-8 (byte {error.start}): save it as UTF-8") from error


def read_json(path: Path) -> Any:
    """What a file in JSON holds. Raises `FileError`."""
    try:
        return parse_json(read_text(path), str(path))
    except ContractError as error:
        raise FileError(f"{error}: take the file away or give another name") from error


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises `FileError`."""
    found = read_json(path)
    if not isinstance(found, dict):
        raise FileError(f"{path} is no JSON object: take it away or give another name")
    return found
