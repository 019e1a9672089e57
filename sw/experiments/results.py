"""Where an experiment leaves its result, tried before the work, and the pictures beside it."""

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sw.experiments.pictures.drawing import save
from sw.figures.style import pictures
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import check_outputs, make_folder, write_json
from sw.files.place import place_of

RESULTS = Path("results")
WHO_COMPUTES = ("--workers", "--scheduler")
UNFINISHED = "unfinished"  # a result's runs that are still to come


def path_of(name: str, folder: Path = RESULTS) -> Path:
    """The result of that name: it has a folder of its own, with its pictures."""
    return folder / name / "result.json"


def prepare(json: Path, stems: Iterable[str] = (), **inputs: Path | None) -> None:
    """Make the folder of a result and try to write there.

    Parameters: `stems`, what is added to the name of the result for the name of each picture; `inputs`, files that are read,
    by the name of their option. Raises `FileError` where that is not possible, or where one would be written over.
    """
    make_folder(json.parent)
    outputs: dict[str, Path | None] = {"--json": json}
    for stem in stems:
        outputs |= {f"the picture {path.name}": path for path in pictures(json.with_name(f"{json.stem}{stem}"))}
    if len(outputs) > 1 and place_of(json).takes_bytes:
        raise FileError(f"{json} is a device or a pipe, and pictures lie beside the result: give --json the name of a file")
    check_outputs(outputs, {f"--{name.replace('_', '-')}": path for name, path in inputs.items()})


def known(json: Path) -> dict:
    """What the result has from an earlier run; empty where there is none. Raises `FileError` for a file that is no result."""
    return read_object(json) if json.is_file() else {}


def is_there(json: Path) -> bool:
    """Whether a result is there, and whole."""
    return json.is_file() and UNFINISHED not in read_object(json)


def without_workers(words: Sequence[str]) -> list[str]:
    """The words of a command without those that say who computes, on which nothing of a result depends."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in WHO_COMPUTES:
            next(rest, None)
        elif word.partition("=")[0] not in WHO_COMPUTES:
            kept.append(word)
    return kept


@dataclass(frozen=True)
class ResultFile:
    """The file that a named experiment writes, `path_of` its name if nothing else is asked for."""

    name: str
    path: Path
    began: float

    @classmethod
    def prepared(cls, name: str, json: Path | None, stems: Iterable[str] = (), **inputs: Path | None) -> Self:
        """Tried before the work, with its pictures: see `prepare`."""
        path = json or path_of(name)
        prepare(path, stems, **inputs)
        return cls(name, path, time.monotonic())

    def write(self, content: dict[str, Any]) -> None:
        """Write `content` with the name, the command and the seconds it took; draw its pictures from it."""
        save(self.keep(content), self.path)

    def keep(self, content: dict[str, Any]) -> dict[str, Any]:
        """The same of work that goes on, without pictures: what was written."""
        command = shlex.join(["metaplast", "experiment", self.name, *without_workers(self._options())])
        told = {"seconds": round(time.monotonic() - self.began, 1), "command": command}
        result = {"experiment": self.name, **content, **told}
        write_json(self.path, result)
        return result

    def _options(self) -> list[str]:
        """What followed the name on the command line; nothing where the experiment was called from Python."""
        return sys.argv[sys.argv.index(self.name) + 1 :] if self.name in sys.argv else []
