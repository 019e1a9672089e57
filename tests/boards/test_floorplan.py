"""The floorplan: every site read from a placed design is drawn once, where it lies, in the colour of its room."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from boards import floorplan as reader
from boards.error import BuildError
from sw.figures import floorplan as picture
from sw.figures.floorplan import BLANK, DOTS, Kind, Placed

USE = {"TRELLIS_COMB": [3, 24288], "EHXPLLL": [1, 2]}
REPORT = {"board": "ulx3s-25f", "clock_mhz": 81.25, "use": USE, "geometry": {"grid_width": 2}}
# Name, type, site, and what is drawn of it.
ECP5 = [
    ("top.accelerator.engine.array.cell_3.$auto$1$CCU2_COMB0", "TRELLIS_COMB", "X3/Y2/SLICEB.K1", (Kind.LOGIC, 3, 2, 3, 3)),
    ("accelerator.engine.array.cell_0.opcode1[0]", "TRELLIS_FF", "X0/Y1/SLICED.FF0", (Kind.FLIP_FLOP, 0, 1, 6, 0)),
    ("accelerator.engine.array.cell_0.weights.0.0", "DP16KD", "X7/Y4/EBR0", (Kind.MEMORY, 7, 4, 0, 0)),
    ("accelerator.engine.normalise.q", "TRELLIS_COMB", "X1/Y1/SLICEA.K0", (Kind.LOGIC, 1, 1, 0, "normalise and classify")),
    ("accelerator.link.receiver.a", "TRELLIS_FF", "X1/Y2/SLICEA.FF1", (Kind.FLIP_FLOP, 1, 2, 1, "link")),
    ("$nextpnr_CCU2C_0$CCU2_COMB0", "TRELLIS_COMB", "X1/Y1/SLICEC.K0", (Kind.LOGIC, 1, 1, 4, "other")),
    ("$gbuf$clk", "DCCA", "X31/Y0/TDCC0", None),
    ("pll", "EHXPLLL", "X2/Y50/EHXPLL_LL", None),
]
OTHER_FAMILIES = [
    ("accelerator.engine.draw.x", "ICESTORM_LC", "X5/Y4/lc6", (Kind.LOGIC_CELL, 5, 4, 6, "errors and learning")),
    ("accelerator.engine.array.cell_0.w", "ICESTORM_SPRAM", "X0/Y0/spram_0", (Kind.LARGE_MEMORY, 0, 0, 0, 0)),
    ("accelerator.engine.rows.x", "LUT4", "X12Y3/LUT7", (Kind.LOGIC, 12, 3, 7, "input, rows, configuration")),
    ("accelerator.engine.issue.x", "DFF", "X12Y3/DFF5", (Kind.FLIP_FLOP, 12, 3, 5, "sequencer and issue")),
    ("accelerator.engine.issue.y", "ALU", "X12Y3/ALU1", (Kind.LOGIC, 12, 3, 1, "sequencer and issue")),
]


def write_placed(path, cells):
    """What nextpnr --write leaves of these cells, and a net whose attributes look like a cell's."""
    known = {
        name: {
            "hide_name": 0,
            "type": kind,
            "parameters": {"MODE": "LOGIC"},
            "attributes": {"BEL_STRENGTH": "1", "NEXTPNR_BEL": site},
            "port_directions": {"A": "input"},
            "connections": {"A": [7]},
        }
        for name, kind, site, _ in cells
    }
    net = {"hide_name": 0, "bits": [7], "attributes": {"NEXTPNR_BEL": "X9/Y9/SLICEA.K0"}}
    module = {"settings": {}, "attributes": {}, "ports": {}, "cells": known, "netnames": {"net": net}}
    path.write_text(json.dumps({"creator": "nextpnr", "modules": {"top": module}}, indent=2))
    return path


def expected(cells):
    return [Placed(kind=d[0], x=d[1], y=d[2], slot=d[3], room=d[4]) for *_, d in cells if d is not None]


@pytest.mark.parametrize("cells", [ECP5, OTHER_FAMILIES], ids=["ECP5", "iCE40 and Gowin"])
def test_every_site_is_read_with_its_place_and_room(tmp_path, cells):
    assert reader.placed(write_placed(tmp_path / "placed.json", cells)) == expected(cells)


def test_a_site_is_drawn_where_it_lies_and_nowhere_else():
    by_room = {0: (1.0, 0.0, 0.0), "link": (0.0, 0.0, 1.0)}
    sites = [
        Placed(kind=Kind.LOGIC, x=1, y=2, slot=5, room=0),
        Placed(kind=Kind.FLIP_FLOP, x=1, y=2, slot=5, room="link"),
        Placed(kind=Kind.LOGIC_CELL, x=0, y=0, slot=7, room=0),
        Placed(kind=Kind.MEMORY, x=2, y=1, slot=0, room=0),
    ]
    drawn = picture.dots(sites, by_room, 3, 4)
    assert drawn.shape == (4 * DOTS, 3 * DOTS, 3)
    coloured = {(int(y), int(x)): tuple(drawn[y, x]) for y, x in np.argwhere((drawn != BLANK).any(axis=2))}
    # Slot 5 is the second column's second dot; a flip-flop's columns are the right half; a logic cell is two dots wide.
    assert coloured == {(9, 5): by_room[0], (9, 7): by_room["link"], (3, 2): by_room[0], (3, 3): by_room[0]}


def test_rooms_have_colours_of_their_own():
    rooms = [*range(49), *reader.ROOMS, reader.OTHER]
    found = picture.colours(rooms, 7)
    assert set(found) == set(rooms)
    assert len({found[name] for name in (*reader.ROOMS, reader.OTHER)}) == len(reader.ROOMS) + 1
    assert all(found[cell] != found[cell + 1] for cell in range(48))


def test_the_picture_says_board_clock_use_and_rooms(tmp_path):
    figure = picture.draw(
        expected(ECP5), title="ULX3S: 81.2 MHz", below="3 of 24,288 TRELLIS_COMB", grid_width=2, upwards=False
    )
    (axes,) = figure.axes
    assert axes.get_title(loc="left").strip() == "ULX3S: 81.2 MHz"
    assert {text.get_text() for text in axes.texts} == {"3 of 24,288 TRELLIS_COMB", "0,0", "1,1"}
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [
        "2 array cells (row, column): 1 sites of logic",
        "normalise and classify: 1",
        "other: 1",
        "link: 0",
        "outlined: block memory",
    ]
    assert len(axes.patches) == 1  # the block memory


def test_files_are_small_readable_and_the_same_every_time(tmp_path):
    rng = np.random.default_rng(1)
    cells = [
        (f"accelerator.engine.array.cell_{i % 49}.x{i}", "TRELLIS_COMB", f"X{x}/Y{y}/SLICE{'ABCD'[k]}.K{i % 2}", None)
        for i, (x, y, k) in enumerate(rng.integers(0, (126, 95, 4), size=(20_000, 3)))
    ]
    cells += [(f"accelerator.engine.array.cell_{i % 49}.m{i}", "DP16KD", f"X{2 * i % 126}/Y{i}/EBR0", None) for i in range(90)]
    placed = write_placed(tmp_path / "placed.json", cells)
    files = [reader.draw(placed, REPORT, tmp_path / name / "floorplan") for name in "ab"]
    contents = [[path.read_bytes() for path in paths] for paths in files]
    assert contents[0] == contents[1]
    png, svg = contents[0]
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20], "big") >= 1000
    assert ElementTree.fromstring(svg).tag.endswith("svg") and len(svg) < 3_000_000


@pytest.mark.parametrize("text", [None, "", "{}"])
def test_a_file_without_a_placement_is_one_sentence(tmp_path, text):
    path = tmp_path / "placed.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BuildError, match=r"placed\.json (cannot be read|has no placed cell)"):
        reader.placed(path)
