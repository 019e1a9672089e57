"""What is remembered: one row for each task that was learned, one column for each task that was tested then."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sw.figures.style import BLUE, INK, ORANGE, canvas, styled

MOST_NUMBERED = 12


@styled
def draw(matrix: NDArray[np.float64]) -> Figure:
    """`matrix` (T, T): accuracy of task j after task i. Tasks that are still to come are left blank."""
    tasks = len(matrix)
    figure, (axes, curve) = canvas(9.6, 4.6, widths=(1.2, 1))
    seen = np.where(np.tri(tasks, dtype=bool), matrix, np.nan)
    image = axes.imshow(seen, cmap="viridis", vmin=0, vmax=1)
    axes.grid(visible=False)
    axes.set_title("Accuracy of each task after each task")
    axes.set_xlabel("task tested")
    axes.set_ylabel("after learning task")
    figure.colorbar(image, ax=axes, format=PercentFormatter(1), shrink=0.8)
    if tasks <= MOST_NUMBERED:
        for (i, j), value in np.ndenumerate(seen):
            if np.isfinite(value):
                colour = "white" if value < 0.6 else INK
                axes.text(j, i, f"{100 * value:.0f}", ha="center", va="center", fontsize=8, color=colour)
    curve.plot(range(tasks), np.diag(matrix), "o-", color=ORANGE, markersize=4, label="when just learned")
    curve.plot(range(tasks), matrix[-1], "o-", color=BLUE, markersize=4, label="at the end of the stream")
    curve.set_title("What was learned and what is left")
    curve.set_xlabel("task")
    curve.set_ylim(0, 1)
    curve.yaxis.set_major_formatter(PercentFormatter(1))
    curve.legend(loc="lower right")
    for axis in (axes.xaxis, axes.yaxis, curve.xaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    return figure
