"""Writing leaves the neighbours alone: the other weights of a word by the byte enables, the other rows by the addresses."""

from collections.abc import Iterator

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.device import Device
from sw.host.selftest.places import first_difference, place

SEED = 3


def fault(device: Device, geometry: Geometry) -> str | None:
    """The first neighbour that a write has changed, in words, or None."""
    device.configure(Network.of(layers=(geometry.columns, geometry.rows)))
    for look in (_columns, _rows):
        different = look(device, geometry)
        if different is not None:
            return different
    return None


def _columns(device: Device, geometry: Geometry) -> str | None:
    """Columns 0 … k-1 of a row are written, for every k: the last of them, k-1, is written and k keeps what it has.

    Every k has a row of its own, as far as there are rows, so that many are written before they are read.
    """
    before = np.random.default_rng(SEED).integers(-128, 128, (geometry.rows, geometry.columns), dtype=np.int8)
    for first in range(1, geometry.columns, geometry.rows):
        counts = range(first, min(first + geometry.rows, geometry.columns))
        device.write_rows((row, before[row]) for row in range(len(counts)))
        device.write_rows((row, ~before[row, :count]) for row, count in enumerate(counts))
        read_back = device.read_rows((row, geometry.columns) for row in range(len(counts)))
        for row, count in enumerate(counts):
            right = before[row].copy()
            right[:count] = ~right[:count]
            wrong = np.flatnonzero(read_back[row] != right)
            if len(wrong):
                column = int(wrong[0])
                done = f"writing columns 0 to {count - 1} of row {row}"
                what = f"left column {column}" if column < count else f"also changed column {column}"
                return (
                    f"{done} {what} ({place(geometry, column)}): it reads {read_back[row][column]}, expected {right[column]} "
                    f"({len(wrong)} of {geometry.columns} differ)"
                )
    return None


def _rows(device: Device, geometry: Geometry) -> str | None:
    """Rows whose numbers differ in one bit: each in turn is written, and the others keep what they have."""
    rows = list(_numbers(geometry.rows))
    right = np.random.default_rng(SEED + 1).integers(-128, 128, (len(rows), geometry.columns), dtype=np.int8)
    device.write_rows(zip(rows, right, strict=True))
    for i, row in enumerate(rows):
        right[i] = ~right[i]
        device.write_rows([(row, right[i])])
        read_back = np.stack(device.read_rows((each, geometry.columns) for each in rows))
        different = first_difference(geometry, read_back, right, rows)
        if different is not None:
            return f"after row {row} was written, {different}"
    return None


def _numbers(rows: int) -> Iterator[int]:
    """0 and the powers of two below `rows`, and the last row."""
    yield 0
    bit = 1
    while bit < rows - 1:
        yield bit
        bit *= 2
    yield rows - 1
