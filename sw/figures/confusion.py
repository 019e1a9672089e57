"""Which class is taken for which: one row a true class, one column a prediction."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sw.figures.style import BLUE, INK, canvas, styled

MOST_NUMBERED = 16  # classes up to which every field has its number


def counts(labels: NDArray[np.integer], predictions: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """Samples by true class (row) and prediction (column), shape (classes, classes)."""
    flat = labels.astype(np.int64) * classes + predictions.astype(np.int64)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


@styled
def draw(labels: NDArray[np.integer], predictions: NDArray[np.integer], classes: int) -> Figure:
    """The matrix in per cent of each true class, with the accuracy of each class beside it."""
    matrix = counts(labels, predictions, classes)
    of_class = matrix.sum(axis=1, keepdims=True)
    share = matrix / np.maximum(of_class, 1)
    figure, (axes, bars) = canvas(8.6, 5.0, widths=(3, 1))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    axes.grid(visible=False)
    axes.set_title(f"Confusion, {len(labels):,} test images, % of each true class")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if classes <= MOST_NUMBERED:
        axes.set_xticks(range(classes))
        axes.set_yticks(range(classes))
        for (row, column), value in np.ndenumerate(share):
            if matrix[row, column]:
                text = f"{100 * value:.0f}" if value >= 0.01 else f"{100 * value:.1f}"
                axes.text(column, row, text, ha="center", va="center", fontsize=8, color="white" if value > 0.5 else INK)
    bars.barh(range(classes), np.diag(share), color=BLUE, height=0.7)
    bars.set_ylim(axes.get_ylim())
    bars.set_xlim(0, 1)
    bars.set_yticks(range(classes) if classes <= MOST_NUMBERED else [])
    bars.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    bars.grid(visible=False, axis="y")
    bars.set_title("Right in each class")
    bars.set_xlabel("accuracy")
    return figure
