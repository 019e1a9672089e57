"""Points of two measures, and the front of those that no other beats: less across is better, and more up."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from sw.figures.style import BLUE, INK, MUTED, ORANGE, canvas, styled


@styled
def draw(points: Mapping[str, tuple[float, float]], front: Sequence[str], *, title: str, across: str, up: str) -> Figure:
    """All points with their names, those at one place in one text; those of `front`, in order, are joined by a line."""
    figure, (axes,) = canvas(8.6, 5.4)
    stairs = [points[name] for name in front]
    axes.step(*zip(*stairs, strict=True), where="post", color=ORANGE, linewidth=1.4, label="Pareto front")
    for x, y in dict.fromkeys(points.values()):
        names = [name for name, place in points.items() if place == (x, y)]
        best = any(name in front for name in names)
        axes.plot(x, y, "o", color=ORANGE if best else BLUE, markersize=6 if best else 4.5)
        offset, colour = ((5, 3), INK) if best else ((5, -9), MUTED)  # above the line, or below
        axes.annotate(", ".join(names), (x, y), xytext=offset, textcoords="offset points", fontsize=8, color=colour)
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.margins(x=0.12, y=0.1)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right")
    return figure
