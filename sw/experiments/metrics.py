"""What a stream of tasks left behind, from its accuracy matrix: one definition for floating point and integers.

R is float64 (T, T): R[i, j] is the accuracy on task j after task i was learned, 0…1, NaN where it was not tested. Means
are over what was tested. A number that a stream cannot give (one task has nothing to forget) is None.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require

Matrix = NDArray[np.float64]


def mean_accuracy(matrix: Matrix, last: int | None = None) -> float | None:
    """Mean over the last `last` tasks (all) at the end of the stream."""
    require(last is None or 1 <= last <= len(matrix), f"last is {last}, expected 1 to {len(matrix)}, the number of tasks")
    return _mean(matrix[-1, -(last or len(matrix)) :])


def accuracy_when_new(matrix: Matrix) -> float | None:
    """Mean over tasks of the accuracy right after each was learned."""
    return _mean(np.diag(matrix))


def newest_accuracy(matrix: Matrix) -> float | None:
    """The last task at the end of the stream: whether a network that remembers can still learn."""
    return _mean(matrix[-1, -1:])


def backward_transfer(matrix: Matrix) -> float | None:
    """Mean over all tasks but the last of accuracy at the end minus accuracy when new (Lopez-Paz, Ranzato 2017)."""
    return _mean((matrix[-1] - np.diag(matrix))[:-1])


def forgetting(matrix: Matrix) -> float | None:
    """Mean over all tasks but the last of the best accuracy before the last task minus that at the end (Chaudhry 2018)."""
    earlier = np.where(np.tri(len(matrix), dtype=bool), matrix, np.nan)[:-1, :-1]
    if not earlier.size:
        return None
    best = np.max(np.where(np.isnan(earlier), -np.inf, earlier), axis=0)
    return _mean(np.where(np.isfinite(best), best, np.nan) - matrix[-1, :-1])


def accuracy_so_far(matrix: Matrix) -> list[float | None]:
    """After each task the mean over those that were tested then."""
    return [_mean(row) for row in matrix]


def summary(matrix: Matrix, last: int) -> dict[str, float | None]:
    """Every metric by its name."""
    return {
        "accuracy": mean_accuracy(matrix, last),
        "accuracy_of_all": mean_accuracy(matrix),
        "accuracy_when_new": accuracy_when_new(matrix),
        "newest_accuracy": newest_accuracy(matrix),
        "backward_transfer": backward_transfer(matrix),
        "forgetting": forgetting(matrix),
    }


def spread(values: Sequence[float | None]) -> dict[str, Any]:
    """Mean and standard deviation (of a sample, so None for one) over runs; None if a run could not give the number."""
    known = [value for value in values if value is not None]
    whole = len(known) == len(values) > 0
    return {
        "mean": float(np.mean(known)) if whole else None,
        "deviation": float(np.std(known, ddof=1)) if whole and len(known) > 1 else None,
        "runs": len(values),
    }


def in_per_cent(of: dict[str, Any]) -> str:
    """What `spread` gave, as in "84.1 ± 0.3"."""
    if of["mean"] is None:
        return "–"
    deviation = "" if of["deviation"] is None else f" ± {100 * of['deviation']:.1f}"
    return f"{100 * of['mean']:.1f}{deviation}"


def _mean(values: Matrix) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
