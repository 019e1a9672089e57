"""Prequential accuracy: each sample is predicted before it is learned, so the whole stream is a test."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from sw.figures.style import BLUE, INK, ORANGE, canvas, styled

WINDOW = 500


def running(correct: NDArray[np.bool_], window: int) -> NDArray[np.float64]:
    """Mean of the last `window` samples at each sample from the `window`-th on, shape (n - window + 1,)."""
    sums = np.concatenate([[0], np.cumsum(correct, dtype=np.int64)])
    return (sums[window:] - sums[:-window]) / window


@styled
def draw(correct: NDArray[np.bool_], test_accuracy: float | None = None, window: int = WINDOW) -> Figure:
    """The curve of a stream of n >= 1 predictions, `correct` bool of shape (n,), in the order they were learned."""
    figure, (axes,) = canvas(7.2, 3.6)
    window = max(1, min(window, len(correct) // 4))
    samples = np.arange(1, len(correct) + 1)
    cumulative = np.cumsum(correct) / samples
    lately = running(correct, window)
    axes.plot(samples[window - 1 :], lately, color=BLUE, linewidth=1.4, label=f"last {window} samples")
    axes.plot(samples, cumulative, color=ORANGE, linewidth=1.4, label=f"all so far: {cumulative[-1]:.1%} at the end")
    if test_accuracy is not None:
        axes.axhline(test_accuracy, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot([], [], color=INK, linewidth=1, linestyle=(0, (4, 3)), label=f"test set afterwards: {test_accuracy:.1%}")
    axes.set_title("Predict, then learn: accuracy on samples never seen before")
    axes.set_xlabel("training samples, one pass, one at a time")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, len(correct))
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right", labelcolor=INK)
    return figure
