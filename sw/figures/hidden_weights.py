"""What learning did to the hidden weights: their histogram before and after, and the binary weights that flipped."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sw.figures.style import COLOURS, INK, MUTED, canvas, styled

BIN = 4  # levels in a bar
EDGES = list(range(-128, 129, BIN))


def flipped(before: NDArray[np.int8], after: NDArray[np.int8]) -> int:
    """How many binary weights (signs, clause 1) differ."""
    return int(((before >= 0) != (after >= 0)).sum())


@styled
def draw(before: list[NDArray[np.int8]], after: list[NDArray[np.int8]]) -> Figure:
    """One panel for each weight layer, layer 1 first."""
    figure, panels = canvas(4.4 * len(before) + 0.6, 3.6, widths=[1] * len(before))
    for layer, (axes, old, new) in enumerate(zip(panels, before, after, strict=True), 1):
        size = old.size
        weights = np.full(size, 1 / size)
        axes.hist(old.ravel(), EDGES, weights=weights, color=MUTED, alpha=0.45, label="before")
        axes.hist(
            new.ravel(), EDGES, weights=weights, histtype="stepfilled", color=COLOURS[layer - 1], alpha=0.7, label="after"
        )
        axes.axvline(-0.5, color=INK, linewidth=0.8)
        count = flipped(old, new)
        axes.set_title(f"Layer {layer}: {count:,} of {size:,}\nbinary weights flipped, {count / size:.1%}")
        axes.set_xlabel("hidden weight (the network uses its sign)")
        axes.set_yscale("log")
        axes.set_xlim(-128, 128)
        axes.set_xticks([-128, -64, 0, 64, 127])
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
        axes.legend(loc="upper right")
    panels[0].set_ylabel(f"share of synapses, bars of {BIN} levels")
    return figure
