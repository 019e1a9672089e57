"""Files that are written whole or not at all, and folders that are tried before an hour of work, not after it."""

import glob
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from sw.host.error import OutputError


def check_writable(path: Path) -> None:
    """Raise `OutputError` unless a file can be made at `path`. Leaves nothing."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the name of a file in it")
    try:
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass
    except OSError as error:
        raise _cannot(path, error) from error


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a temporary file in the folder of `path`, sync it, rename it to `path`, sync the folder.

    A crash at any moment leaves the old file or the new one, and at most a temporary file that the next call takes away.
    Raises `OutputError`; the old file is then untouched.
    """
    target = path.resolve()
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        _remove_leftovers(target)
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _cannot(path, error) from error


def _remove_leftovers(target: Path) -> None:
    """Temporary files of `target` whose process was killed while it wrote them."""
    for leftover in target.parent.glob(f"{glob.escape(target.name)}.*.tmp"):
        number = leftover.name.removeprefix(f"{target.name}.").removesuffix(".tmp")
        if number.isdecimal() and not _is_alive(int(number)):
            leftover.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks, sends nothing
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def write_json(path: Path, content: dict[str, Any] | list[Any]) -> None:
    """Write `content` as indented JSON, whole or not at all. A number that is not finite is an error."""
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda file: file.write(text.encode()))


def _cannot(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {error.strerror or error}")
