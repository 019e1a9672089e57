"""A placed design on the die: every used site as a dot in the colour of its room, block memories as rectangles."""

import colorsys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from sw.figures.style import INK, MUTED, canvas, styled

Colour = tuple[float, float, float]


class Kind(Enum):
    """What is drawn."""

    LOGIC = auto()
    FLIP_FLOP = auto()
    LOGIC_CELL = auto()  # LUT and flip-flop in one site
    MEMORY = auto()
    LARGE_MEMORY = auto()
    MULTIPLIER = auto()


BLOCKS = {Kind.MEMORY: (1.9, 0.9), Kind.LARGE_MEMORY: (2.0, 2.4), Kind.MULTIPLIER: (1.8, 0.8)}  # tiles wide, tiles high


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A used site: tile (x, y), which of its tile (`slot`, 0…7), and its room, a number for a cell of the array."""

    kind: Kind
    x: int
    y: int
    slot: int
    room: str | int


DOTS = 4  # a tile is 4 x 4 dots: eight of logic on the left, eight flip-flops on the right
NAMED: tuple[Colour, ...] = tuple(map(to_rgb, ("#d9731a", "#b3202c", "#7a3f9d", "#c49a00", "#8c5a2b", "#555555")))
BLANK = (0.965, 0.965, 0.955)


def cell_colour(row: int, column: int, rows: int, columns: int) -> Colour:
    """Blue to green along a row, lighter downwards; neighbours differ like the fields of a chess board."""
    hue = 0.62 - 0.30 * (column / max(1, columns - 1))
    dark = (row + column) % 2
    return colorsys.hls_to_rgb(hue, 0.36 + 0.22 * row / max(1, rows - 1) + 0.12 * dark, 0.62)


def colours(rooms: Iterable[str | int], grid_width: int) -> dict[str | int, Colour]:
    """A colour for every room; the array's by their place in a grid of `grid_width` columns."""
    known = set(rooms)
    numbers = [room for room in known if isinstance(room, int)]
    rows = -(-(max(numbers, default=0) + 1) // grid_width)
    by_room: dict[str | int, Colour] = {n: cell_colour(*divmod(n, grid_width), rows, grid_width) for n in numbers}
    names = sorted(room for room in known if isinstance(room, str))
    return by_room | {name: NAMED[i % len(NAMED)] for i, name in enumerate(names)}


def dots(sites: Sequence[Placed], by_room: dict[str | int, Colour], width: int, height: int) -> NDArray[np.float64]:
    """The picture of logic and flip-flops, shape (height · DOTS, width · DOTS, 3); tile (0, 0) first."""
    picture = np.full((height * DOTS, width * DOTS, 3), BLANK)
    for site in sites:
        across, down = divmod(site.slot, DOTS)
        wide = 1
        if site.kind is Kind.FLIP_FLOP:
            across += DOTS // 2
        elif site.kind is Kind.LOGIC_CELL:
            across, wide = 2 * across, 2
        elif site.kind is not Kind.LOGIC:
            continue
        y, x = site.y * DOTS + down, site.x * DOTS + across
        picture[y, x : x + wide] = by_room[site.room]
    return picture


@styled
def draw(sites: Sequence[Placed], *, title: str, below: str, grid_width: int, upwards: bool) -> Figure:
    """The die, as far as it is used. `upwards`: the row of tiles 0 is at the bottom.

    `below` stands under the title. The cells of the array bear their row and column where their logic is thickest.
    """
    width, height = (max(getattr(site, axis) for site in sites) + 2 for axis in "xy")
    by_room = colours((site.room for site in sites), grid_width)
    figure, (axes,) = canvas(10.0, max(5.0, 7.6 * height / width + 1.0))
    extent = (0.0, float(width), 0.0, float(height)) if upwards else (0.0, float(width), float(height), 0.0)
    axes.imshow(
        dots(sites, by_room, width, height), extent=extent, origin="lower" if upwards else "upper", interpolation="nearest"
    )
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for site in sites:
        if site.kind in BLOCKS:
            size = BLOCKS[site.kind]
            corner = (site.x + (1 - size[0]) / 2, site.y + (1 - size[1]) / 2)
            axes.add_patch(Rectangle(corner, *size, facecolor=by_room[site.room], edgecolor=INK, linewidth=0.6))
    number_cells(axes, sites, grid_width)
    axes.set_title(f"{title}\n", fontsize=13)
    axes.text(0, 1.008, below, transform=axes.transAxes, fontsize=8.5, color=INK, va="bottom")
    legend(axes, sites, by_room)
    return figure


def number_cells(axes, sites: Sequence[Placed], grid_width: int) -> None:
    """Row and column of every cell of the array, at the median of its sites."""
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for site in sites:
        if isinstance(site.room, int):
            places[site.room].append((site.x, site.y))
    for cell, at in places.items():
        x, y = np.median(np.array(at), axis=0) + 0.5
        text = f"{cell // grid_width},{cell % grid_width}"
        halo = [withStroke(linewidth=2.4, foreground="white")]
        axes.text(x, y, text, ha="center", va="center", fontsize=9, color=INK, path_effects=halo)


def legend(axes, sites: Sequence[Placed], by_room: dict[str | int, Colour]) -> None:
    """Rooms with the logic sites that they take, under the die."""
    logic = Counter(site.room for site in sites if site.kind in (Kind.LOGIC, Kind.LOGIC_CELL))
    cells = sorted(room for room in by_room if isinstance(room, int))
    handles = []
    if cells:
        total = sum(logic[cell] for cell in cells)
        name = f"{len(cells)} array cell{'s' if len(cells) > 1 else ''} (row, column): {total:,} sites of logic"
        handles.append(Patch(color=by_room[cells[len(cells) // 2]], label=name))
    for room in sorted((room for room in by_room if isinstance(room, str)), key=lambda room: -logic[room]):
        handles.append(Patch(color=by_room[room], label=f"{room}: {logic[room]:,}"))
    handles.append(Patch(facecolor="white", edgecolor=MUTED, label="outlined: block memory"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, fontsize=8.5, handlelength=1.2)
