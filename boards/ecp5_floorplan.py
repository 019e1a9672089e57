"""Which block RAMs of an ECP5 hold the weights of which cell of the array, so that neighbours lie side by side.

Nearly all blocks of a device hold weights, and nextpnr's placer, which is good at logic, scatters the blocks of a cell over the
die: with this plan the 85F has a third of the wires, and is placed and routed in a fraction of the time. On a die on which they
could be far, places near both ends of the array are left to the memories of the engine, the link and the sample memory:
nextpnr has no others for them.
"""

import math
import random
from itertools import pairwise

from sw.contract.geometry import Geometry

# Where blocks lie, by the die: their rows, and the columns at which groups of four begin, two columns a block.
ROWS_AND_GROUPS = {
    "25F": ((25, 37), (4, 13, 22, 33, 42, 51, 60)),
    "45F": ((10, 34, 58), (4, 13, 22, 31, 42, 51, 60, 69, 78)),
    "85F": ((22, 46, 70, 82), (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114)),
}
DIES = {"12F": "25F"} | {size: size for size in ROWS_AND_GROUPS}
OTHERS = 12  # blocks, at most, of the engine, the link and the sample memory
STEPS, HOTTEST = 200_000, 3_000.0  # of simulated annealing; the temperature is in tiles squared


def floorplan(geometry: Geometry, size: str, blocks: int) -> list[list[str]]:
    """nextpnr's names of the blocks of each cell, so many a cell; empty where the device has no room for them in one piece."""
    places = _places(DIES[size], blocks)
    if len(places) < geometry.cells:
        return []
    links = _links(geometry)
    if len(ROWS_AND_GROUPS[DIES[size]][0]) > 2:
        spare = range(geometry.cells, min(len(places), geometry.cells + -(-OTHERS // blocks)))
        links += [(end, place) for place in spare for end in (0, geometry.cells - 1)]
    chosen = _anneal([(place[0][0] + place[-1][0], 2 * place[0][1]) for place in places], links)
    return [[f"X{x}/Y{y}/EBR{i}" for x, y, i in places[chosen[cell]]] for cell in range(geometry.cells)]


def _places(die: str, blocks: int) -> list[list[tuple[int, int, int]]]:
    """Places for a cell: runs of so many neighbouring blocks of a row, each (column, row, number within its group)."""
    rows, groups = ROWS_AND_GROUPS[die]
    found = []
    for y in rows:
        row = [(x + 2 * i, y, i) for x in groups for i in range(4)]
        found += [row[i : i + blocks] for i in range(0, len(row) - blocks + 1, blocks)]
    return found


def _links(geometry: Geometry) -> list[tuple[int, int]]:
    """Cells that are connected (`hw.array.array`), and the first with the last: the engine is at both."""
    height, width = geometry.grid_height, geometry.grid_width
    rows = [list(range(y * width, (y + 1) * width)) for y in range(height)]
    links = [link for row in rows for link in pairwise(row)]
    for upper, lower in pairwise(rows):
        links += {(upper[0], lower[0]), (upper[-1], lower[-1])}
    return [*links, (0, geometry.cells - 1)]


def _anneal(points: list[tuple[int, int]], links: list[tuple[int, int]]) -> list[int]:
    """A permutation of `points` with a small sum of squared distances between the linked ones. The same on every machine."""
    number, uniform = len(points), random.Random(1).random
    cells = 1 + max(max(link) for link in links)
    neighbours: list[list[int]] = [[] for _ in range(number)]
    for a, b in links:
        if a != b:
            neighbours[a].append(b)
            neighbours[b].append(a)
    chosen = sorted(range(number), key=lambda place: points[place])

    def cost(cell: int) -> int:
        x, y = points[chosen[cell]]
        others = (points[chosen[other]] for other in neighbours[cell])
        return sum((abs(x - u) + abs(y - v)) ** 2 for u, v in others)

    for step in range(STEPS):
        temperature = 4 * HOTTEST * (1 - step / STEPS) ** 2  # the points are in half tiles
        a, b = int(uniform() * cells), int(uniform() * number)
        before = cost(a) + cost(b)
        chosen[a], chosen[b] = chosen[b], chosen[a]
        worse = cost(a) + cost(b) - before
        if worse > 0 and uniform() >= math.exp(-worse / temperature):
            chosen[a], chosen[b] = chosen[b], chosen[a]
    return chosen
