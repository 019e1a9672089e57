"""The one way in which this project writes files.

A file is written whole or not at all: to a temporary file in the same folder, which is synced and renamed. What is no file,
a device, a pipe or an open file (`/dev/null`, `/dev/stdout`, `>(program)`), is written through and never replaced; folders,
block devices and sockets are refused.
"""

import glob
import io
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from sw.files.error import FileError, cannot
from sw.files.place import Place, place_of

Outputs = Mapping[str, Path | None]

_writing = threading.Lock()  # temporary files bear the number of the process, which its threads share
_unsynced: list[Path] = []  # the folder of which it has been said that it cannot be synced: once is enough


def check_outputs(outputs: Outputs, inputs: Outputs | None = None) -> None:
    """Try, before any work is done, whether every output can be written. Leaves nothing.

    Parameters: `outputs`, `inputs`, files by the option that names them, None where it was not given.
    Raises `FileError` for an output that cannot be written, that is an input, or that is another output: by a link, by
    another spelling, on a system of files that does not tell A from a as well.
    """
    places = {option: place_of(path) for option, path in outputs.items() if path is not None}
    for option, place in places.items():
        _check_no_input(option, place, inputs or {})
    replaced = {option: place for option, place in places.items() if not place.takes_bytes}
    with _writing, ExitStack() as made:
        tried: dict[str, Place] = {}
        for option, place in replaced.items():
            temporary = _temporary(place.target)
            try:
                for other, before in tried.items():
                    if _same(before.there, place.there) or temporary.exists() and temporary.samefile(_temporary(before.target)):
                        raise FileError(f"{other} and {option} name the same file, {place.path}: give two names")
                _remove_leftovers(place.target)
                _new(temporary).close()
            except OSError as error:
                raise cannot(place.path, "written", error) from error
            made.callback(temporary.unlink, missing_ok=True)
            tried[option] = place


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where there is none. Raises `FileError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "something else bears its name" if isinstance(error, FileExistsError) else error.strerror or error
        raise FileError(f"the folder {folder} cannot be made: {reason}") from error


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill the file at `path`.

    A crash at any moment leaves the old file or the new one, and at most a temporary file that the next call takes away.
    Raises `FileError`; the old file is then untouched.
    """
    place = place_of(path)
    try:
        if place.takes_bytes:
            _write_through(place, write)
        else:
            with _writing:
                _replace(place, write)
    except OSError as error:
        raise cannot(path, "written", error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`, whole or not at all. Raises `FileError`."""
    write_whole(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8, whole or not at all. Raises `FileError`."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: dict[str, Any] | list[Any]) -> None:
    """Write `content` as indented JSON, whole or not at all. A number that is not finite is a `ValueError`."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def remove_file(path: Path) -> None:
    """Take the file of an earlier run away, if it is there. Raises `FileError` for what is no file."""
    place = place_of(path)
    if place.takes_bytes:
        raise FileError(f"{path} is a device or a pipe, expected a file or nothing: take it away")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot(path, "removed", error) from error


def _replace(place: Place, write: Callable[[IO[bytes]], object]) -> None:
    _remove_leftovers(place.target)
    temporary = _temporary(place.target)
    try:
        with _new(temporary) as file:
            if place.there is not None and hasattr(os, "fchmod"):  # Windows has no permissions of a file's own
                os.fchmod(file.fileno(), stat.S_IMODE(place.there.st_mode))
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place.target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(place.target.parent)


def _write_through(place: Place, write: Callable[[IO[bytes]], object]) -> None:
    """All bytes at once, as a writer may want to go back in its file. An open file goes on where it is."""
    content = io.BytesIO()
    write(content)
    number = os.open(place.path, os.O_WRONLY) if place.descriptor is None else os.dup(place.descriptor)
    with os.fdopen(number, "wb") as file:
        file.write(content.getvalue())


def _sync_folder(folder: Path) -> None:
    """So that the new name lasts: as well as can be. Network shares and some others refuse it, and the file is there."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows opens no folder, and has its names in a journal
        return
    try:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        if not _unsynced:
            _unsynced.append(folder)
            told = f"warning: the folder {folder} cannot be synced ({error.strerror or error}): files are written, and"
            print(f"{told} a loss of power within seconds may bring the old ones back", file=sys.stderr, flush=True)


def _new(temporary: Path) -> IO[bytes]:
    """Made anew: what is there is of a process that had this number and was killed, or a link that somebody has put there."""
    temporary.unlink(missing_ok=True)
    return temporary.open("xb")


def _temporary(target: Path) -> Path:
    return target.with_name(f"{target.name}.{os.getpid()}.tmp")


def _remove_leftovers(target: Path) -> None:
    """Temporary files of `target` whose process was killed while it wrote them."""
    for leftover in target.parent.glob(f"{glob.escape(target.name)}.*.tmp"):
        number = leftover.name.removeprefix(f"{target.name}.").removesuffix(".tmp")
        if number.isdecimal() and not _is_alive(int(number)):
            with suppress(PermissionError):  # on Windows: of a process that still writes it
                leftover.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    if not hasattr(signal, "SIGKILL"):  # on Windows os.kill ends whatever it is asked about
        return process == os.getpid()
    try:
        os.kill(process, 0)  # asks, sends nothing
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _check_no_input(option: str, place: Place, inputs: Outputs) -> None:
    if place.descriptor is not None:  # an open file is not found by its name
        return
    for other, path in inputs.items():
        with suppress(OSError):  # what cannot be looked at is told where it is read
            if path is not None and _same(path.stat(), place.there):
                told = f"{option} {place.path} is the file of {other} too"
                raise FileError(f"{told} and would be written over: give another name")


def _same(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    return one is not None and other is not None and os.path.samestat(one, other)
