"""The files that something is made from, and nothing else that lies beside them.

Editors, notebooks, file managers and synchronisers leave files in every folder that a person works in: `.cell.py.swp`,
`.#cell.py` (a link to nowhere), `cell.py~`, `.ipynb_checkpoints/cell-checkpoint.py`, `cell (copy).py`. None of them is
a part of the project: Python could not import it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHES = ("__pycache__",)


def sources(*patterns: str, root: Path = ROOT) -> list[Path]:
    """The files below `root` that match: pattern by pattern, each in the order of the paths.

    A pattern says the ending of the files that count: `hw/**/*.py`. A file counts if its name without the ending and the
    folders that lead to it are names that Python could import.
    """
    matched = (path for pattern in patterns for path in sorted(root.glob(pattern)))
    return [path for path in matched if _counts(path.relative_to(root)) and path.is_file()]


def texts(*patterns: str) -> list[str]:
    """Path and text of each of `sources`."""
    return [f"{_name(path)}\n{path.read_text(encoding='utf-8')}" for path in sources(*patterns)]


def digest(files: Iterable[Path]) -> bytes:
    """SHA-256 over path and bytes of each file, in this order."""
    found = hashlib.sha256()
    for path in files:
        found.update(_name(path).encode() + b"\0" + path.read_bytes())
    return found.digest()


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _counts(path: Path) -> bool:
    names = (*path.parent.parts, path.stem)
    return all(name.isidentifier() and name not in CACHES for name in names)
