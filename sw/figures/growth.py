"""How cost grows: one panel for each thing that was varied, measured points and the formula's line."""

from matplotlib.figure import Figure

from sw.figures.style import BLUE, ORANGE, canvas, styled

TITLES = {"neurons": "Neurons of the hidden layer", "layers": "Weight layers", "folds": "Folds of a row"}


@styled
def draw(groups: dict[str, list[tuple[int, float, float | None]]]) -> Figure:
    """`groups`: what was varied -> (value, measured cycles per sample, those of the formula or None)."""
    figure, panels = canvas(3.4 * len(groups), 3.2, widths=[1] * len(groups))
    for axes, (name, points) in zip(panels, groups.items(), strict=True):
        points = sorted(points)
        formula = [(value, expected) for value, _, expected in points if expected is not None]
        if formula:
            axes.plot(*zip(*formula, strict=True), color=ORANGE, linewidth=1.4, label="formula")
        axes.plot([p[0] for p in points], [p[1] for p in points], "o", color=BLUE, label="measured")
        axes.set_title(TITLES.get(name, name))
        axes.set_xlabel(name)
        axes.set_xticks([p[0] for p in points])
        axes.set_xlim(0, None)
        axes.set_ylim(0, None)
        axes.legend(loc="lower right")
    panels[0].set_ylabel("cycles per training sample")
    return figure
