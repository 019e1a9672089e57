"""What is built once and used again: `build` of the checkout or, where that cannot be written, the user's cache.

The cache is that of the system for programs: `$XDG_CACHE_HOME/metaplast`, else `~/.cache/metaplast` on Linux,
`~/Library/Caches/metaplast` on macOS. An installed package has no checkout and always uses it.
"""

import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from sw.tree.sources import ROOT


class NoFolderError(Exception):
    """There is nowhere to build. One sentence."""


def is_checkout() -> bool:
    """Whether this is the repository, and not a package that was installed from it."""
    return (ROOT / "pyproject.toml").is_file()


def folders(room: str) -> list[Path]:
    """Where things of one kind may lie, the first choice first. None of them need be there."""
    own = [ROOT / "build" / room] if is_checkout() else []
    return [*own, user_cache_path("metaplast") / room]


def found(room: str, name: str) -> Path | None:
    """What was built under this name, wherever it lies; a folder that cannot be written may hold it too."""
    return next((path for path in (folder / name for folder in folders(room)) if path.exists()), None)


def folder(room: str) -> Path:
    """The first of the folders that can be written, made if need be. Raises `NoFolderError`."""
    refused = []
    for candidate in folders(room):
        try:
            _try(candidate)
            return candidate
        except OSError as error:
            refused.append(f"{candidate} ({error.strerror})")
    raise NoFolderError(f"nothing can be built in {' or '.join(refused)}: let XDG_CACHE_HOME name a folder that can be written")


def for_yowasp() -> dict[str, str]:
    """Variables that YoWASP's programs need where the usual temporary folder, or their own cache, cannot be written.

    Raises `NoFolderError`.
    """
    found = {}
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        found["TMPDIR"] = str(folder("temporary"))
    try:
        _try(Path(os.environ.get("YOWASP_CACHE_DIR") or user_cache_path("YoWASP", appauthor=False)))
    except OSError:
        found["YOWASP_CACHE_DIR"] = str(folder("yowasp"))
    return found


def _try(candidate: Path) -> None:
    """Make a folder and a file in it that is gone at once. Raises OSError."""
    candidate.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=candidate):
        pass
