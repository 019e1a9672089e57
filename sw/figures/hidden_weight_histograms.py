"""Hidden weights over a stream of tasks: one histogram a task, dark for the first and light for the last."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from sw.figures.style import INK, styled

Bars = tuple[float, Sequence[int]]


@styled
def draw(methods: Mapping[str, Mapping[int, Sequence[Bars]]]) -> Figure:
    """`methods[name][task][layer]` is (limit, counts): counts in equal parts of ± limit. A row a method, a panel a layer."""
    layers = max(len(bars) for tasks in methods.values() for bars in tasks.values())
    size = (4.0 * layers + 0.6, 2.2 * len(methods) + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(methods), layers, squeeze=False)
    for row, (name, tasks) in zip(grid, methods.items(), strict=True):
        newest = max(*tasks, 1)
        for layer, axes in enumerate(row):
            for task, bars in tasks.items():
                if layer >= len(bars):
                    continue
                limit, counts = bars[layer]
                edges = np.linspace(-limit, limit, len(counts) + 1)
                density = np.asarray(counts) / sum(counts) / (edges[1] - edges[0])
                colour = colormaps["viridis"](0.9 * task / newest)
                axes.stairs(density, edges, color=colour, linewidth=1.1, label=f"after task {task}")
            axes.axvline(0, color=INK, linewidth=0.8)
            axes.set_yscale("log")
            axes.set_title(f"{name}, layer {layer + 1}")
        row[0].set_ylabel("density")
    for axes in grid[-1]:
        axes.set_xlabel("hidden weight")
    grid[0][-1].legend(fontsize=6, loc="upper right")
    return figure
