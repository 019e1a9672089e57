"""What several methods remember, beside each other: a small accuracy matrix for each."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sw.figures.style import styled

ACROSS = 5  # matrices in a row


@styled
def draw(matrices: Mapping[str, NDArray[np.float64]]) -> Figure:
    """`matrices[name]` (T, T): accuracy of task j after task i; NaN and tasks still to come are left blank."""
    across = min(ACROSS, len(matrices))
    down = math.ceil(len(matrices) / across)
    figure = Figure(figsize=(2.5 * across + 0.9, 2.6 * down + 0.3), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    image = None
    for axes in grid.flat[len(matrices) :]:
        axes.set_visible(False)
    for axes, (name, matrix) in zip(grid.flat, matrices.items(), strict=False):
        seen = np.where(np.tri(len(matrix), dtype=bool), matrix, np.nan)
        image = axes.imshow(seen, cmap="viridis", vmin=0, vmax=1)
        axes.grid(visible=False)
        axes.set_title(name)
        axes.set_xlabel("task tested")
        axes.set_ylabel("after task")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
    if image is not None:
        figure.colorbar(image, ax=grid, format=PercentFormatter(1), shrink=0.8, label="accuracy")
    return figure
