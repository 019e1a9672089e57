"""A file is written whole or not at all."""

import contextlib
import os
from pathlib import Path

from sw.data.error import DataError


def save_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, sync it, rename it to `path`. Raises `DataError` where that cannot be written."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); give a folder that can be written to") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
