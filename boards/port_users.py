"""Who has a serial port open: a board must not be loaded while a program talks to it."""

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def user_of(port: str, proc: Path | None = None) -> int | None:
    """The process that has `port` open or locked, other than this one; None where there is none, or none can be seen.

    The files of other people's processes cannot be seen, but their locks can, and hosts lock their port.
    """
    root = proc or PROC
    with suppress(OSError):
        there = Path(port).stat()
        return next((pid for pid in [*_openers(root, port), *_lockers(root, there)] if pid != os.getpid()), None)
    return None


def _openers(root: Path, port: str) -> list[int]:
    device_file = str(Path(port).resolve())
    found = []
    for process in root.glob("[0-9]*"):
        with suppress(OSError):
            if any(_leads_to(file, device_file) for file in (process / "fd").iterdir()):
                found.append(int(process.name))
    return found


def _leads_to(file: Path, device_file: str) -> bool:
    with suppress(OSError):
        return str(file.readlink()) == device_file
    return False


def _lockers(root: Path, there: os.stat_result) -> list[int]:
    """From lines `1: FLOCK ADVISORY WRITE 1234 00:06:411 0 EOF`: process, then device and number of the file."""
    place = f"{os.major(there.st_dev):02x}:{os.minor(there.st_dev):02x}:{there.st_ino}"
    with suppress(OSError):
        words = (line.split() for line in (root / "locks").read_text(encoding="utf-8").splitlines())
        return [int(line[4]) for line in words if len(line) > 5 and line[5] == place and line[4].isdecimal()]
    return []
