"""Which pictures a result has, and their files beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sw.experiments.pictures import comparison, sweeps, theory
from sw.figures import accuracy_matrix, style

Result = dict[str, Any]
Figures = dict[str, Figure]  # by what is added to the name of the result


def permuted_mnist_figures(result: Result) -> Figures:
    """Of `metaplast experiment permuted-mnist`."""
    return {"-matrix": accuracy_matrix.draw(np.array(result["matrix"]))}


# What only results of one kind have, and who draws them.
KINDS: dict[str, Callable[[Result], Figures]] = {
    "methods": comparison.figures,
    "by_m": sweeps.metaplasticity_figures,
    "by_width": sweeps.width_figures,
    "by_records": sweeps.sample_value_figures,
    "flips": theory.switching_figures,
    "dimensions": theory.quadratic_figures,
    "matrix": permuted_mnist_figures,
}


def figures_of(result: Result) -> Figures:
    """The pictures of any experiment's result; of some there are none."""
    return next((draw(result) for key, draw in KINDS.items() if key in result), {})


def save(result: Result, path: Path, kind: str = "png") -> list[Path]:
    """Draw the pictures of `result`, named after its file `path` and beside it. Their paths. Raises `FileError`."""
    figures = figures_of(result)
    stems = {stem: path.with_name(f"{path.stem}{stem}") for stem in figures}
    return [drawn for stem, figure in figures.items() for drawn in style.save(figure, stems[stem], (kind,))]
