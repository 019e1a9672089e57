"""How cost grows: one panel for each thing that was varied, measured points and the formula's line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure

from sw.figures.style import BLUE, COLOURS, ORANGE, canvas, styled

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Points by the name of what was measured; `formula` is drawn as a line."""

    title: str
    across: str
    up: str
    measured: dict[str, Points]
    formula: Points = field(default=())


MARKS = (("o", BLUE), ("s", COLOURS[2]), ("^", COLOURS[3]))


@styled
def draw(panels: Sequence[Panel]) -> Figure:
    """The panels side by side."""
    figure, all_axes = canvas(3.6 * len(panels), 3.3, widths=[1] * len(panels))
    for axes, panel in zip(all_axes, panels, strict=True):
        if panel.formula:
            axes.plot(*zip(*sorted(panel.formula), strict=True), color=ORANGE, linewidth=1.4, label="formula")
        for (shape, colour), (name, points) in zip(MARKS, panel.measured.items(), strict=False):
            across, up = zip(*sorted(points), strict=True)
            axes.plot(across, up, shape, color=colour, label=name)
            axes.set_xticks(across)
        axes.set_title(panel.title)
        axes.set_xlabel(panel.across)
        axes.set_ylabel(panel.up)
        axes.set_xlim(0, None)
        axes.set_ylim(0, None)
        axes.legend(loc="best")
    return figure
