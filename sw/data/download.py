"""Grey-scale MNIST and Fashion-MNIST: from a folder that has them, else from the net into that folder.

    python -m sw.data.download --dataset fashion-mnist --folder data/fashion-mnist

Every file is checked against its checksum, whether it was there or has just come; a file that was there is never
replaced.
"""

import argparse
import gzip
import hashlib
import http.client
import io
import sys
import urllib.request
import zlib
from pathlib import Path
from typing import IO

from sw.data.archive import ARCHIVES, Archive, ArchiveFile
from sw.data.error import DataError
from sw.files.error import FileError
from sw.files.output import make_folder, write_bytes
from sw.files.streams import take_every_word

SECONDS_WITHOUT_DATA = 20
CHUNK = 1 << 20


def obtain(archive: Archive, folder: Path) -> dict[str, Path]:
    """Paths of the files of `archive` in `folder`, by name; those that are not there are downloaded first.

    Raises `DataError` for a file with another content than the archive's, and where no mirror can be reached.
    """
    paths = {}
    for file in archive.files:
        path = folder / file.name
        if not path.exists():
            _save(path, _download(archive, file, folder))
        else:
            _check_present(file, path)
        paths[file.name] = path
    return paths


def _save(path: Path, content: bytes) -> None:
    try:
        make_folder(path.parent)
        write_bytes(path, content)
    except FileError as error:
        raise DataError(f"{error}; give a folder that can be written to") from error


def _check_present(file: ArchiveFile, path: Path) -> None:
    try:
        with path.open("rb") as stream:
            checksum = _checksum(stream, file.size)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); make it readable") from error
    if checksum != file.sha256:
        raise DataError(
            f"{path} unpacks to the SHA-256 {checksum}, expected {file.sha256}; delete or move it, then run this again"
        )


def _download(archive: Archive, file: ArchiveFile, folder: Path) -> bytes:
    failures = []
    for mirror in archive.mirrors:
        try:
            with urllib.request.urlopen(f"{mirror}/{file.name}", timeout=SECONDS_WITHOUT_DATA) as answer:
                # No gzip file is larger than its content by more than a few bytes in a thousand.
                content = answer.read(file.size + CHUNK)
        except (OSError, http.client.HTTPException) as error:
            failures.append(f"{mirror}: {getattr(error, 'reason', error)}")
            continue
        if _checksum(io.BytesIO(content), file.size) == file.sha256:
            return content
        failures.append(f"{mirror}: the file there has another checksum")
    names = ", ".join(known.name for known in archive.files)
    raise DataError(
        f"{file.name} could not be downloaded ({'; '.join(failures)}); put the files {names} of {archive.name} "
        f"into the folder {folder} and run this again, or connect to the net"
    )


def _checksum(packed: IO[bytes], size: int) -> str:
    """SHA-256 of what the gzip file `packed` unpacks to, read no further than one byte after `size`; or why not."""
    digest = hashlib.sha256()
    left = size + 1
    try:
        with gzip.open(packed) as stream:
            while left and (chunk := stream.read(min(CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
    except (gzip.BadGzipFile, zlib.error, EOFError):
        return "(none: it is no whole gzip file)"
    return digest.hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """The command above: one line a file. Returns the exit status: 0, or 2 after one sentence about what is wrong."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m sw.data.download", description="Get grey-scale images.")
    parser.add_argument("--dataset", required=True, choices=sorted(ARCHIVES))
    parser.add_argument("--folder", required=True, type=Path, help="where the four files are, or shall be")
    given = parser.parse_args(arguments)
    try:
        for path in obtain(ARCHIVES[given.dataset], given.folder).values():
            print(path)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
