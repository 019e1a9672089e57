"""How every picture looks, and how it is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sw.files.output import make_folder, write_whole

PNG, SVG = "png", "svg"
INK = "#222222"
MUTED = "#8a8a8a"
BLUE = "#1f5fa8"
ORANGE = "#d9731a"
COLOURS = (BLUE, ORANGE, "#3b8f5a", "#8d4fa3")
SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "savefig.dpi": 160,
    # The same numbers give the same file, byte for byte.
    "svg.hashsalt": "metaplast",
}


styled = matplotlib.rc_context(SETTINGS)
"""Decorates a function that draws: matplotlib reads its settings at every call."""


def canvas(width: float, height: float, widths: Sequence[float] = (1,)) -> tuple[Figure, list[Axes]]:
    """An empty figure of width x height inches with a row of axes of these relative widths."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0])


@styled
def save(figure: Figure, stem: Path, kinds: Sequence[str] = (PNG,)) -> list[Path]:
    """Write `stem`.png, or of each of `kinds` (png, svg); the folder is made. The paths. Raises `FileError`."""
    make_folder(stem.parent)
    paths = pictures(stem, kinds)
    for path in paths:
        kind = path.suffix.removeprefix(".")
        # matplotlib writes the time into an SVG and its version into a PNG unless it is told not to.
        told = {"Date": None} if kind == SVG else {"Software": None}
        write_whole(path, lambda file, kind=kind, told=told: figure.savefig(file, format=kind, metadata=told))
    return paths


def pictures(stem: Path, kinds: Sequence[str] = (PNG,)) -> list[Path]:
    """The files that `save` writes."""
    return [stem.with_name(f"{stem.name}.{kind}") for kind in kinds]
