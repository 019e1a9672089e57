"""What is kept of each of two tasks that come in turn, with the metaplastic rule and without it."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

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
    """Both tasks over the stream, and beside it the first one alone, from where the second begins, after `switch` samples.

    `kept[i][t]` and `without[i][t]`: accuracy of task t after `samples[i]`, with the rule and without it.
    """
    figure, (whole, first) = canvas(9.6, 4.2, widths=(1.6, 1))
    later = [i for i, count in enumerate(samples) if count >= switch]
    for rule, accuracy, dashes in (("with the rule", kept, "-"), ("without", without, DASHED)):
        for task, (name, colour) in enumerate(zip(names, (BLUE, ORANGE), strict=True)):
            up = [row[task] for row in accuracy]
            look = {"color": colour, "linewidth": 1.8, "linestyle": dashes}
            whole.plot(samples, up, label=f"{name}, {rule}: {up[-1]:.1%} at the end", **look)
            if task == 0:
                first.plot([samples[i] for i in later], [up[i] for i in later], label=rule, **look)
    whole.axvline(switch, color=MUTED, linewidth=0.8)
    whole.text(switch, 1.0, " the other task begins,\n nobody says so", color=INK, fontsize=8, va="top")
    whole.set_title("Two tasks in turn")
    whole.set_ylabel("accuracy on test images")
    whole.set_xlim(0, samples[-1])
    whole.set_ylim(0, 1)
    first.set_title(f"{names[0]} while the other is learned")
    first.set_xlim(switch, samples[-1])
    first.legend(loc="lower left", labelcolor=INK, fontsize=8)
    for axes in (whole, first):
        axes.set_xlabel("training samples, one at a time")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(6 if axes is whole else 3, integer=True))
    figure.legend(*whole.get_legend_handles_labels(), loc="outside lower center", ncols=2, labelcolor=INK, fontsize=9)
    return figure
