"""Lines with error bars, a panel for each thing that is shown: what a comparison of methods over seeds looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sw.figures.style import MUTED, canvas, styled

MOST_BARS = 40  # points up to which each has its error bar; a longer line has a band


@dataclass(frozen=True, kw_only=True)
class Line:
    """Means at places `across`, with a standard deviation each (empty: not known). None leaves a point out."""

    name: str
    across: Sequence[float]
    mean: Sequence[float | None]
    deviation: Sequence[float | None] = field(default=())

    @classmethod
    def of_spreads(cls, name: str, across: Sequence[float], spreads: Sequence[Mapping[str, Any]]) -> Self:
        """From a `mean` and a `deviation` at each place (`sw.experiments.metrics.spread`)."""
        mean, deviation = ([of[key] for of in spreads] for key in ("mean", "deviation"))
        return cls(name=name, across=across, mean=mean, deviation=deviation)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """`share`: the numbers are fractions and the axis shows per cent; `whole`: the places are counts; `ratio`: places that are
    as many times larger stand as far apart, and the axis of the numbers begins where they do."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    share: bool = True
    whole: bool = True
    connected: bool = True
    ratio: bool = False


@styled
def draw(panels: Sequence[Panel]) -> Figure:
    """The panels side by side; a name has the same colour in all of them."""
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    colours = {name: colormaps["tab10"](i % 10) for i, name in enumerate(names)}
    figure, all_axes = canvas(4.2 * len(panels) + 1.6, 3.6, widths=[1] * len(panels))
    for axes, panel in zip(all_axes, panels, strict=True):
        for line in panel.lines:
            points = [
                (x, y, s or 0.0)
                for x, y, s in zip(line.across, line.mean, line.deviation or [0.0] * len(line.mean), strict=True)
                if y is not None
            ]
            if not points:
                continue
            xs, ys, spreads = (list(part) for part in zip(*points, strict=True))
            look = {"color": colours[line.name], "label": line.name}
            if len(xs) <= MOST_BARS or not panel.connected:
                shape = "o-" if panel.connected else "o"
                bars = spreads if any(spreads) else None
                axes.errorbar(xs, ys, bars, fmt=shape, markersize=4, linewidth=1.3, capsize=2, **look)
                continue
            axes.plot(xs, ys, linewidth=1.3, **look)
            low, high = ([y + k * s for y, s in zip(ys, spreads, strict=True)] for k in (-1, 1))
            axes.fill_between(xs, low, high, color=colours[line.name], alpha=0.2, linewidth=0)
        axes.set_title(panel.title)
        axes.set_xlabel(panel.across)
        axes.set_ylabel(panel.up)
        if panel.ratio:
            axes.set_xscale("log")
        else:
            axes.axhline(0, color=MUTED, linewidth=0.6)
        if panel.share:
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        if panel.whole:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    shown = {label: handle for axes in all_axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    if len(names) > 1:
        known = [name for name in names if name in shown]
        figure.legend([shown[name] for name in known], known, loc="outside right upper", fontsize=8)
    return figure
