"""The sample memory of the boards that have an SDRAM: its pins, what drives them, and nothing of it on the others."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from apycula import chipdb

from boards import generate
from boards.catalogue import TARGETS, find
from boards.error import BuildError
from boards.gowin_package import places
from boards.silicon.design import Design
from boards.silicon.memory_pins import CLOCK, PLACES, REGISTERS
from boards.silicon.rule import check, constraints
from hw.store.chip import BOARD_CHIPS
from hw.store.pins import pin_widths
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry

SMALL = Geometry(columns=16, rows=2, grid_height=1, grid_width=1, synapses_per_cell=4, folds=4)
ULX3S = [name for name in BOARDS if name.startswith("ulx3s")]
STORE = "\\top.accelerator.accelerator.store"
# emard/ulx3s, doc/constraints/ulx3s_v20.lpf: the pins of the SDRAM.
SITES = {
    "clk": "F19", "clk_en": "F20", "cs": "P20", "ras": "R20", "cas": "T19", "we": "T20", "ba": "P19 N20", "dqm": "U19 E20",
    "a": "M20 M19 L20 L19 K20 K19 K18 J20 J19 H20 N19 G20 G19",
    "dq": "J16 L18 M18 N18 P18 T18 T17 U20 E19 D20 D19 C20 E18 F18 J18 J17",
}  # fmt: skip


def written(board: str, folder: Path) -> tuple[set[str], str]:
    """Modules of the RTLIL of a board, and its constraints."""
    generate.write(find(board), SMALL, BOARDS[board].baud, find(board).clock_mhz, folder)
    modules = set(re.findall(r"^module (\S+)$", (folder / "top.il").read_text(), re.MULTILINE))
    return modules, constraints(folder)


def test_the_memory_that_a_board_tells_is_the_one_that_its_gateware_drives():
    told = {name: board.sample_memory for name, board in BOARDS.items() if board.sample_memory}
    assert told == {name: chip.bytes for name, (chip, _) in BOARD_CHIPS.items()}
    assert told.keys() == {*ULX3S, "tangnano20k"}
    assert all(find(name).clock_mhz <= clock_hz / 1e6 for name, (_, clock_hz) in BOARD_CHIPS.items())


def test_every_pin_of_the_ulx3s_is_at_its_site(tmp_path):
    modules, told = written("ulx3s-12f", tmp_path)
    located = dict(re.findall(r'LOCATE COMP "sdram_0__(\S+)" SITE "(\w+)";', told))
    wanted = {
        f"{name}__io[{i}]" if len(sites.split()) > 1 else f"{name}__io": site
        for name, sites in SITES.items()
        for i, site in enumerate(sites.split())
    }
    assert located == wanted
    chip, _ = BOARD_CHIPS["ulx3s-12f"]
    assert {name: len(sites.split()) for name, sites in SITES.items()} == pin_widths(chip)
    assert STORE in modules


@pytest.mark.parametrize("board", ULX3S)
def test_all_ulx3s_have_the_same_pins(board):
    (resource,) = (found for (name, _), found in find(board).platform().resources.items() if name == "sdram")
    assert {part.name: part.ios[0].names for part in resource.ios} == {name: sites.split() for name, sites in SITES.items()}


def test_the_pins_in_the_package_have_the_names_that_nextpnr_looks_for_and_no_place(tmp_path):
    modules, told = written("tangnano20k", tmp_path)
    top = (tmp_path / "top.il").read_text().partition("module \\top\n")[2].partition("\nend\n")[0]
    ports = re.findall(r"wire width (\d+) (?:output|inout) \d+  ?\\(\w*sdram\w*)", top)
    found = {f"{name}[{i}]" if int(width) > 1 else name for width, name in ports for i in range(int(width))}
    assert found == places().keys()
    assert "sdram" not in told
    assert STORE in modules


def test_the_places_in_the_package_are_those_of_project_apicula():
    die = chipdb.load_chipdb(str(files("apycula") / "GW2A-18C.msgpack.xz"))
    assert places() == {name: f"X{x}Y{y}/IOB{side}" for name, y, x, side, _ in die.sip_cst["GW2AR-18C"]["QFN88"]}


@pytest.mark.parametrize("board", ["orangecrab-25f", "icebreaker", "tangnano9k"])
def test_a_board_without_memory_has_nothing_of_it(board, tmp_path):
    modules, told = written(board, tmp_path)
    assert not [name for name in modules if name.startswith(STORE) or "memory_check" in name or "memory_orders" in name]
    assert "sdram" not in told and "sdram" not in (tmp_path / "top.il").read_text()


def test_only_boards_of_which_all_block_rams_are_taken_make_memories_of_luts():
    full = {"ulx3s-12f", "ulx3s-25f", "ulx3s-45f"}
    assert {name for name, target in TARGETS.items() if target.lut_memories} == full


def cell(kind: str, parameters: dict | None = None, attributes: dict | None = None, **pins) -> dict:
    directions = {pin: "output" if pin in ("Q", "Q0", "Q1", "O", "Z") else "input" for pin in pins}
    if kind in ("TBUF", "IOBUF"):
        directions |= {"IO": "inout"} if kind == "IOBUF" else {}
    return {
        "type": kind, "parameters": parameters or {}, "attributes": attributes or {}, "port_directions": directions,
        "connections": {pin: [net] for pin, net in pins.items()},
    }  # fmt: skip


def design(board: str, ports: dict[str, int], cells: dict[str, dict]) -> Design:
    family = type(find(board).family).__name__
    told = {name: {"direction": "inout", "bits": [bit]} for name, bit in ports.items()}
    return Design({"modules": {"top": {"attributes": {}, "ports": told, "cells": cells}}}, board=board, family=family)


def beside(direction: str) -> dict[str, str]:
    return {"syn_useioff": "1", "ioff_dir": direction}


def data_pin(**changes) -> dict[str, dict]:
    """A pin of both directions with its three registers; `changes` are other cells."""
    return {
        "pin": cell("TRELLIS_IO", {"DIR": "BIDIR"}, B=2, I=3, T=4, O=5),
        "out": cell("TRELLIS_FF", None, beside("output"), CLK=6, DI=7, Q=3),
        "enable": cell("TRELLIS_FF", None, beside("output"), CLK=6, DI=8, Q=4),
        "in": cell("TRELLIS_FF", None, beside("input"), CLK=6, DI=5, Q=9),
    } | changes


PLANTED = {
    "a register that may lie anywhere": ("I of the cell top.pin", {"out": cell("TRELLIS_FF", CLK=6, DI=7, Q=3)}),
    "an enable from logic": ("T of the cell top.pin", {"enable": cell("LUT4", A=8, Z=4)}),
    "an enable of two pins": ("T of the cell top.pin", {"other": cell("TRELLIS_IO", {"DIR": "OUTPUT"}, B=10, I=9, T=4)}),
    "a word that logic looks at": ("O of the cell top.pin", {"look": cell("LUT4", A=5, Z=11)}),
    "an output register at an input": (
        "O of the cell top.pin", {"in": cell("TRELLIS_FF", None, beside("output"), CLK=6, DI=5, Q=9)}
    ),
}  # fmt: skip


def test_registers_beside_the_pins_are_accepted():
    check(design("ulx3s-12f", {"sdram_0__dq__io": 2}, data_pin()), [REGISTERS])
    clock = {"pin": cell("TRELLIS_IO", {"DIR": "OUTPUT"}, B=2, I=3, T=4), "clock": cell("ODDRX1F", SCLK=6, D0="0", D1="1", Q=3)}
    enable = {"enable": cell("TRELLIS_FF", None, beside("output"), CLK=6, DI="0", Q=4)}
    check(design("ulx3s-12f", {"sdram_0__clk__io": 2}, clock | enable), [REGISTERS])
    check(design("orangecrab-25f", {}, {}), [REGISTERS])


@pytest.mark.parametrize("fault", PLANTED)
def test_a_register_elsewhere_is_refused(fault):
    where, change = PLANTED[fault]
    with pytest.raises(BuildError, match=f"refused by the rule memory-pin-registers: {re.escape(where)}"):
        check(design("ulx3s-12f", {"sdram_0__dq__io": 2, "other": 10}, data_pin(**change)), [REGISTERS])


def test_a_ulx3s_without_the_pins_is_refused():
    with pytest.raises(BuildError, match="the memory of the cell top has no pins"):
        check(design("ulx3s-12f", {}, {}), [REGISTERS])


def test_a_clock_that_can_be_switched_off_is_refused():
    pin, switched = cell("TBUF", O=2, I=3, OEN="0"), cell("TBUF", O=2, I=3, OEN=4)
    steady, moving = cell("ODDR", CLK=6, D0="0", D1="1", TX="0", Q0=3), cell("ODDR", CLK=6, D0="0", D1="1", TX="0", Q0=3, Q1=4)
    check(design("tangnano20k", {"O_sdram_clk": 2}, {"pin": pin, "clock": steady}), [CLOCK])
    with pytest.raises(BuildError, match="gowin-clock-output: TX of the cell top.clock can switch the pin off"):
        check(design("tangnano20k", {"O_sdram_clk": 2}, {"pin": switched, "clock": moving}), [CLOCK])
    with pytest.raises(BuildError, match="gowin-clock-output: Q0 of the cell top.clock leads to no pin"):
        check(design("tangnano20k", {"O_sdram_clk": 2}, {"clock": steady}), [CLOCK])


def test_a_pin_of_the_package_that_lies_elsewhere_is_refused():
    ports = {name: i for i, name in enumerate(places(), start=2)}
    cells = {
        name: cell("TBUF", None, {"NEXTPNR_BEL": place}, O=ports[name], I="0", OEN="0") for name, place in places().items()
    }
    check(design("tangnano20k", ports, cells), [PLACES])
    cells["O_sdram_ba[1]"]["attributes"]["NEXTPNR_BEL"] = "X1Y1/IOBA"
    with pytest.raises(BuildError, match=r"the pin O_sdram_ba\[1\] of the cell top.* is at X1Y1/IOBA, expected X55Y11/IOBA"):
        check(design("tangnano20k", ports, cells), [PLACES])
    del cells["O_sdram_ba[1]"]
    with pytest.raises(BuildError, match=r"the pin O_sdram_ba\[1\] of the cell top is not there"):
        check(design("tangnano20k", ports, cells), [PLACES])
