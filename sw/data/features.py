"""Samples from files that hold arrays or tables: NumPy's .npy and .npz, and CSV with a line of names.

images.npy                features, numbers of shape (n, …)
data.npz:x                the array x of an archive
data.csv, data.csv:kind   all columns but the one of the labels, and the column `kind`
"""

import csv
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.data.error import DataError
from sw.files.damaged import DAMAGED
from sw.files.error import FileError
from sw.files.input import read_text

WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # a label that is an integer; others are texts
KINDS = (".npy", ".npz", ".csv")


def place_in(text: str | Path) -> tuple[Path, str | None]:
    """A file, and the array or column in it: of `data.csv:kind` both, of a file that exists under its whole name the file."""
    parts = str(text).split(":")
    for count in range(len(parts), 0, -1):
        file, name = ":".join(parts[:count]), ":".join(parts[count:])
        if Path(file).suffix.lower() in KINDS and os.path.exists(file):  # noqa: PTH110  # Path.exists raises for some names
            return Path(file), name or None
    file, colon, name = str(text).rpartition(":")
    return (Path(file), name) if colon and Path(file).suffix.lower() in KINDS else (Path(text), None)


def is_array_file(text: str | Path) -> bool:
    """Whether a file is read here, by the end of its name; others are IDX."""
    return place_in(text)[0].suffix.lower() in KINDS


def load_features(samples: str | Path, labels: str | Path) -> NDArray[Any]:
    """The features of `samples`, numbers of shape (n, features); of a table without the column that `labels` names in it.

    Raises `DataError`, one sentence.
    """
    file, name = place_in(samples)
    if file.suffix.lower() != ".csv":
        array = _array(file, name)
        if array.ndim < 2 or array.dtype.kind not in "buif" or not array.size:
            raise DataError(f"{samples} is {array.dtype} of shape {array.shape}, expected numbers of shape (n, features)")
        return _finite(samples, array.reshape(len(array), -1))
    if name is not None:
        raise DataError(f"{samples} is one column of a table, expected all that are features: leave the name away")
    label_file, label_name = place_in(labels)
    is_same = label_file == file or (label_file.exists() and file.exists() and label_file.samefile(file))
    if is_same and file.exists() and not file.is_file():
        raise DataError(f"{file} can be read only once, and holds samples and labels: give the table as a file")
    names, rows = _table(file)
    columns = [i for i, column in enumerate(names) if not (is_same and column == label_name)]
    if not columns:
        raise DataError(f"{file} has no column beside the labels: give a table with features")
    return _finite(file, np.array([[_number(file, line, names[i], row[i]) for i in columns] for line, row in rows]))


def load_targets(labels: str | Path, count: int) -> NDArray[Any]:
    """The labels of `count` samples: integers, strings or booleans of shape (count,); of a table the column that is named.

    A column of whole numbers gives integers. Raises `DataError`, one sentence.
    """
    file, name = place_in(labels)
    if file.suffix.lower() == ".csv":
        targets = _column(file, name)
    else:
        targets = _array(file, name)
        if targets.ndim != 1 or targets.dtype.kind not in "biuU":
            shape = f"{targets.dtype} of shape {targets.shape}"
            raise DataError(f"{labels} is {shape}, expected integers, strings or booleans of shape (n,)")
    if len(targets) != count:
        raise DataError(f"{labels} holds {len(targets)} labels, expected {count}, one for each sample")
    return targets


def _array(file: Path, name: str | None) -> NDArray[Any]:
    """The array in a .npy file, or the one of a name in an .npz archive."""
    try:
        if file.suffix.lower() == ".npy":
            if name is not None:
                raise DataError(f"{file} holds one array: leave the name {name} away")
            return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
        with np.load(file, allow_pickle=False) as archive:
            if not archive.files:
                raise DataError(f"{file} holds no array: give a file with samples")
            if name is None or name not in archive.files:
                raise DataError(f"{file} holds {', '.join(archive.files)}: name one, as in {file}:{archive.files[0]}")
            array = archive[name]
        if not isinstance(array, np.ndarray):
            raise DataError(f"{name} in {file} is no array: give the name of one")
        return array
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror or error}); check the name of the file") from error
    except DAMAGED as error:
        raise DataError(f"{file} is damaged or no file of NumPy's ({' '.join(str(error).split())[:100]})") from error


def _table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns of a CSV file, and its rows, each with the number of its line."""
    try:
        reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
        names = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if row]
    except FileError as error:
        raise DataError(str(error)) from error
    except csv.Error as error:
        raise DataError(f"{file} is no table in CSV: {error}") from error
    if not rows:
        raise DataError(f"{file} has no row: expected a line of names, and below it one line a sample")
    if len(set(names)) != len(names):
        raise DataError(f"{file} has two columns of one name: expected names of their own in its first line")
    for line, row in rows:
        if len(row) != len(names):
            raise DataError(f"{file} has {len(row)} columns in line {line}, expected {len(names)} as in its first line")
    return names, rows


def _column(file: Path, name: str | None) -> NDArray[Any]:
    names, rows = _table(file)
    if name is None or name not in names:
        raise DataError(f"{file} has the columns {', '.join(names)}: name that of the labels, as in {file}:{names[-1]}")
    place = names.index(name)
    for line, row in rows:
        if not row[place].strip():
            raise DataError(f"{file} has no label in line {line}, column {name}: take the line out, or give it a label")
    texts = [row[place].strip() for _, row in rows]
    return np.array(list(map(int, texts)) if all(map(WHOLE.fullmatch, texts)) else texts)


def _finite(samples: str | Path, features: NDArray[Any]) -> NDArray[Any]:
    wrong = np.argwhere(~np.isfinite(features))
    if len(wrong):
        sample, feature = wrong[0]
        value = features[sample, feature]
        raise DataError(f"{samples} has {value} as feature {feature} of sample {sample}, expected a finite number")
    return features


def _number(file: Path, line: int, name: str, text: str) -> float:
    try:
        if "_" in text:  # which Python takes for a separator
            raise ValueError
        return float(text)
    except ValueError as error:
        told = f"{text[:40]!r} in line {line}, column {name}"
        raise DataError(f"{file} has {told}, expected a number: leave that column out, or make numbers of it") from error
