"""Sums and their terms: a bar for each sum, in which the terms follow each other."""

from collections.abc import Mapping

from matplotlib import colormaps
from matplotlib.figure import Figure

from sw.figures.style import canvas, styled

HEIGHT = 0.28  # inches of a bar


@styled
def draw(sums: Mapping[str, Mapping[str, float]], *, across: str) -> Figure:
    """`sums`, the first on top; each has the same terms, and its value stands behind it."""
    figure, (axes,) = canvas(8.6, 1.1 + HEIGHT * len(sums))
    names, terms = list(sums), list(next(iter(sums.values())))
    ends = [0.0] * len(names)
    colours = colormaps["viridis"].resampled(len(terms))
    for number, term in enumerate(terms):
        widths = [sums[name][term] for name in names]
        axes.barh(names, widths, left=ends, height=0.7, color=colours(number), label=term)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    for name, end in zip(names, ends, strict=True):
        axes.annotate(f"{end:.0f}", (end, name), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.06, y=0.01)
    axes.set_xlabel(across)
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper left", ncols=len(terms))
    return figure
