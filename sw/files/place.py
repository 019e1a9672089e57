"""What lies where a result is to go: nothing, a file, or something that is no file and must never be replaced by one."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sw.files.error import FileError, cannot

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}
OPEN_FILES = Path("/dev/fd")
MOST_LINKS = 40


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where `path`, as it was given, leads.

    `target` : the path without links
    `there` : what is there now, None: nothing
    `descriptor` : of `/dev/stdout`, `/dev/fd/3` and the like, the number of the open file that is meant
    """

    path: Path
    target: Path
    there: os.stat_result | None
    descriptor: int | None

    @property
    def is_file(self) -> bool:
        """Whether a regular file is there, named by its own name."""
        return self.there is not None and stat.S_ISREG(self.there.st_mode) and self.descriptor is None

    @property
    def takes_bytes(self) -> bool:
        """Whether it is a device, a pipe or an open file: what is written there goes through and replaces nothing."""
        return self.there is not None and not self.is_file


def place_of(path: Path) -> Place:
    """The place that a result is to go to. Raises `FileError` for one that no result can go to."""
    try:
        there = path.stat()
    except FileNotFoundError:
        there = None
    except OSError as error:
        raise cannot(path, "written", error) from error
    kind = None if there is None else KINDS.get(stat.S_IFMT(there.st_mode))
    if kind is not None:
        raise FileError(f"{path} is {kind}, no file: give the name of a file{' in it' if kind == 'a folder' else ''}")
    if there is not None and not os.access(path, os.W_OK):
        raise FileError(f"{path} cannot be written: it is write-protected")
    return Place(path=path, target=Path(os.path.realpath(path)), there=there, descriptor=_descriptor(path))


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a path means, for it is a link into the folder of open files, or None."""
    folder = os.path.realpath(OPEN_FILES)
    for _ in range(MOST_LINKS):
        if path.name.isdecimal() and os.path.realpath(path.parent) == folder:
            return int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None
