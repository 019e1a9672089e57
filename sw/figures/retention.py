"""What is kept of each of two tasks that come in turn, with the metaplastic rule and without it."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sw.figures.style import BLUE, INK, MUTED, ORANGE, canvas, styled

DASHED = (0, (4, 2))


@styled
def draw(
    names: Sequence[str],
    samples: Sequence[int],
    switch: int,
    kept: Sequence[Sequence[float]],
    without: Sequence[Sequence[float]],
) -> Figure:
    """`kept[i][t]` and `without[i][t]`: accuracy of task t after `samples[i]`; the second task begins after `switch`."""
    figure, (axes,) = canvas(7.2, 3.8)
    for task, (name, colour) in enumerate(zip(names, (BLUE, ORANGE), strict=True)):
        for rule, accuracy, dashes in (("with the rule", kept, "-"), ("without", without, DASHED)):
            up = [row[task] for row in accuracy]
            told = f"{name}, {rule}: {up[-1]:.1%}"
            axes.plot(samples, up, color=colour, linewidth=1.8, linestyle=dashes, label=told)
    axes.axvline(switch, color=MUTED, linewidth=0.8)
    axes.text(switch, 1.0, " the other task begins, nobody says so", color=INK, fontsize=8, va="top")
    axes.set_title("Two tasks in turn: what is kept of the first while the second is learned")
    axes.set_xlabel("training samples, one pass, one at a time")
    axes.set_ylabel("accuracy on test images")
    axes.set_xlim(0, samples[-1])
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right", labelcolor=INK, fontsize=8, title="at the end", title_fontsize=8)
    return figure
