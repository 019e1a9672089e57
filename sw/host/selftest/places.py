"""Where on the chip a weight lies, in words."""

import numpy as np
from numpy.typing import NDArray

from sw.contract.geometry import Geometry


def place(geometry: Geometry, column: int) -> str:
    """Cell, synapse and fold of a column."""
    fold, cell, synapse = geometry.place(column)
    return f"cell {cell}, synapse {synapse}, fold {fold}"


def first_difference(
    geometry: Geometry, read_back: NDArray[np.int8], right: NDArray[np.int8], rows: list[int] | None = None
) -> str | None:
    """The first weight of `read_back` that is not as in `right`, both (rows, columns), in words, or None.

    `rows` : the numbers of the rows, 0, 1, … by default
    """
    wrong = np.argwhere(read_back != right)
    if not len(wrong):
        return None
    i, column = map(int, wrong[0])
    row = i if rows is None else rows[i]
    return (
        f"the weight of row {row}, column {column} ({place(geometry, column)}) reads {read_back[i, column]}, "
        f"expected {right[i, column]} ({len(wrong)} of {read_back.size} differ)"
    )
