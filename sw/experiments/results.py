"""Where an experiment leaves its result, tried before the work, and the pictures beside it."""

from collections.abc import Iterable
from pathlib import Path

from sw.figures.style import pictures
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import check_outputs, make_folder
from sw.files.place import place_of


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
