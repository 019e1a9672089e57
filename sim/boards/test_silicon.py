"""The rules of what silicon does not do, on the synthesised netlist of every board; planted faults of each kind are refused.

The netlists of three boards are whole: those that `sim/boards/test_netlist.py` simulates. Of the others the grid has one cell,
and all else is theirs: the cell, the depth of its memories, the engine, the link, the clock and the pins. `make bitstream`
reads whole ones.
"""

import json
from collections.abc import Collection
from dataclasses import replace

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from boards.catalogue import TARGETS
from boards.error import BuildError
from boards.netlist import HIGH, LOW, NetlistError
from boards.silicon.design import Design
from boards.silicon.rule import Rule, check
from boards.silicon.rules import SYNTHESISED
from sim.boards.test_netlist import TRIED
from sim.boards.test_netlist_memory import Bank, Shape
from sim.drivers.netlist_vectors import FINISH, synthesised
from sim.netlist import build, run
from sw.contract.board_table import BOARDS

FAMILIES = {name: type(target.family).__name__ for name, target in TARGETS.items()}
RULES = {rule.name: rule for rule in SYNTHESISED}
FAULTY = (*TRIED, "tangnano20k")  # those that faults are planted in: every family, every kind of block RAM
MEMORIES = {"Ecp5": "DP16KD", "Gowin": "DPX9B", "Ice40": "SB_RAM40_4K"}


def made(board: str) -> dict:
    """What the tools made of a board: netlist and constraints."""
    geometry = BOARDS[board].geometry
    if board in TRIED:
        return json.loads(build.design(board, run.report).read_text())
    columns = geometry.synapses_per_cell * geometry.folds
    small = replace(geometry, grid_height=1, grid_width=1, columns=columns)
    return json.loads(build.design(board, run.report, small).read_text())


def design(board: str, text: dict) -> Design:
    return Design(text["netlist"], board=board, family=FAMILIES[board], constraints=text["constraints"])


def keeps_every_rule(board: str) -> None:
    read = design(board, made(board))
    assert [(rule.name, *map(vars, rule.refusals(read))) for rule in SYNTHESISED if rule.refusals(read)] == []
    check(read, SYNTHESISED)
    assert list(read.cells(MEMORIES[read.family])), "the rules had nothing to look at"


@pytest.mark.timeout(1800)  # with the synthesis
@pytest.mark.parametrize("board", TRIED)
def test_the_netlist_of_a_board_keeps_every_rule(board):
    keeps_every_rule(board)


@pytest.mark.check
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", sorted(TARGETS.keys() - TRIED))
def test_the_netlist_of_every_other_board_keeps_every_rule(board):
    """Boards with the cells, and nearly the shapes, of those above."""
    assert FAMILIES[board] in {FAMILIES[each] for each in TRIED}
    keeps_every_rule(board)


class Planter:
    """A netlist to plant a fault in; `cell` is the last one that was asked for."""

    def __init__(self, text: dict) -> None:
        self.text = text
        self.modules = {
            name: module
            for name, module in text["netlist"]["modules"].items()
            if not {"blackbox", "whitebox"} & module["attributes"].keys()
        }

    def find(self, *types: str, **pins: int | None) -> dict:
        """The first cell of one of these types, in any module, whose `pins` are at a constant (0, 1) or at a signal (None)."""
        for module in self.modules.values():
            levels = {"0": LOW, "1": HIGH}
            for cell in module["cells"].values():
                if cell["type"] in ("GND", "VCC"):
                    levels |= {bit: int(cell["type"] == "VCC") for bits in cell["connections"].values() for bit in bits}
            for name, cell in module["cells"].items():
                found = {pin: levels.get(cell["connections"].get(pin, ["0"])[0]) for pin in pins}
                if cell["type"] in types and found == pins:
                    self.module, self.name = module, name
                    return cell
        raise AssertionError(f"the netlist has no {types} with {pins}")

    def signal(self, *types: str) -> int:
        """The net that a cell of one of these types, beside the one that was found, drives."""
        for cell in self.module["cells"].values():
            if cell["type"] in types:
                return next(bits[0] for pin, bits in cell["connections"].items() if cell["port_directions"][pin] == "output")
        raise AssertionError(f"there is no {types}")


LUTS = ("LUT4", "LUT3", "SB_LUT4")


def moving_reset(plant: Planter, kind: str, pin: str, **pins: int | None) -> str:
    cell = plant.find(kind, **pins)
    cell["connections"][pin] = [plant.signal(*LUTS)]
    return pin


def two_bytes(plant: Planter) -> dict:
    """A block of two ports of two bytes, the second of which only reads."""
    cell = plant.find("DPX9B", WREB=0)
    cell["parameters"] |= {"BIT_WIDTH_0": f"{18:032b}", "BIT_WIDTH_1": f"{18:032b}"}
    return cell


def enable_apart(plant: Planter) -> str:
    cell = two_bytes(plant)
    cell["connections"] |= {"CEB": [plant.signal(*LUTS)], "OCEB": ["1"]}
    return "CEB"


def byte_off(plant: Planter, port: str) -> str:
    connections = two_bytes(plant)["connections"]
    connections["ADA"][:2] = connections["ADB"][:2] = ["1", "1"]
    connections[f"AD{port}"][1] = "0"
    return f"AD{port}[1]"


def parameter(plant: Planter, kind: str, name: str, value: str) -> str:
    plant.find(kind)["parameters"][name] = value
    return name


def logic_carry(plant: Planter) -> str:
    cell = plant.find("ALU", CIN=0)
    cell["connections"]["CIN"] = [plant.signal(*LUTS)]
    return "CIN"


def contents(plant: Planter, kind: str, name: str, **pins: int | None) -> str:
    plant.find(kind, **pins)["parameters"][name] = "1"
    return name


def level_left(plant: Planter) -> str:
    module = plant.modules["top"]
    name = next(name for name, net in module["netnames"].items())
    module["netnames"][name]["attributes"]["init"] = "1"
    return f"the net {name}"


def other_clock(plant: Planter) -> str:
    plant.text["constraints"] = plant.text["constraints"].replace("12.0", "13.0", 1).replace("25000000", "26000000", 1)
    return "CLKI"


def without_the_esp32(plant: Planter) -> str:
    plant.text["constraints"] = plant.text["constraints"].replace('SITE "L2"', 'SITE "L3"')
    return "the pin L2"


def esp32_low(plant: Planter) -> str:
    ports = plant.modules["top"]["ports"]
    pad = next(port["bits"][0] for name, port in ports.items() if name.startswith("wifi_gpio0"))
    for module in plant.modules.values():
        for cell in module["cells"].values():
            if cell["type"] == "TRELLIS_IO" and cell["connections"]["B"] == [pad]:
                cell["connections"]["I"] = ["0"]
    return "the pin L2"


def register_anywhere(plant: Planter, pin: str) -> str:
    """Of a pin of the memory, the register at this pin of its buffer may lie anywhere."""
    buffer = plant.find("TRELLIS_IO", T=None)
    (net,) = buffer["connections"][pin]
    name = plant.name
    for cell in plant.module["cells"].values():
        if cell["type"] == "TRELLIS_FF" and [net] in (cell["connections"]["Q"], cell["connections"]["DI"]):
            del cell["attributes"]["syn_useioff"]
    plant.name = name
    return pin


def clock_switched_off(plant: Planter) -> str:
    moving = plant.find(*LUTS)["connections"]["F"]
    plant.find("ODDR")["connections"]["TX"] = moving
    return "TX"


def unknown_cell(plant: Planter, kind: str) -> str:
    plant.find(*LUTS)["type"] = kind
    return "the type"


FAULTS = [
    ("ulx3s-12f", "block-ram-reset", lambda plant: moving_reset(plant, "DP16KD", "RSTB", CEB=1)),
    ("ulx3s-12f", "block-ram-reset", lambda plant: moving_reset(plant, "DP16KD", "RSTA", CEA=1)),
    ("ulx3s-12f", "block-ram-enable-with-reset", lambda plant: moving_reset(plant, "DP16KD", "RSTB", CEB=None) and "CEB"),
    ("tangnano9k", "block-ram-reset", lambda plant: moving_reset(plant, "SPX9", "RESET", CE=1)),
    ("tangnano9k", "block-ram-reset", lambda plant: moving_reset(plant, "DPX9B", "RESETB", CEB=1)),
    ("tangnano20k", "block-ram-reset", lambda plant: moving_reset(plant, "SDPX9B", "RESETB", CEB=1)),
    ("tangnano9k", "gowin-block-ram-enable", enable_apart),
    ("tangnano9k", "gowin-block-ram-byte-enable", lambda plant: byte_off(plant, "A")),
    ("tangnano9k", "gowin-block-ram-byte-enable", lambda plant: byte_off(plant, "B")),
    ("tangnano9k", "gowin-block-ram-mode", lambda plant: parameter(plant, "DPX9B", "READ_MODE1", "1")),
    ("tangnano9k", "gowin-block-ram-mode", lambda plant: parameter(plant, "DPX9B", "WRITE_MODE0", "10")),
    ("tangnano9k", "gowin-carry-from-logic", logic_carry),
    ("ulx3s-12f", "written-memory-contents", lambda plant: contents(plant, "DP16KD", "INITVAL_07", WEA=None)),
    ("ulx3s-12f", "written-memory-contents", lambda plant: contents(plant, "TRELLIS_DPR16X4", "INITVAL")),
    ("icebreaker", "written-memory-contents", lambda plant: contents(plant, "SB_RAM40_4K", "INIT_3", WCLKE=None)),
    ("tangnano9k", "written-memory-contents", lambda plant: contents(plant, "RAM16SDP4", "INIT_2")),
    ("tangnano9k", "written-memory-contents", lambda plant: contents(plant, "SPX9", "INIT_RAM_00")),
    ("icebreaker", "register-power-up", level_left),
    ("ulx3s-12f", "pll-limits", lambda plant: parameter(plant, "EHXPLLL", "CLKI_DIV", f"{5:032b}")),
    ("ulx3s-12f", "pll-limits", other_clock),
    ("icebreaker", "pll-limits", lambda plant: parameter(plant, "SB_PLL40_PAD", "DIVR", "0001")),
    ("icebreaker", "pll-limits", lambda plant: parameter(plant, "SB_PLL40_PAD", "DIVF", "1111111")),
    ("tangnano9k", "pll-limits", lambda plant: parameter(plant, "rPLL", "IDIV_SEL", f"{8:032b}")),
    ("ulx3s-12f", "ulx3s-esp32-pin", without_the_esp32),
    ("ulx3s-12f", "ulx3s-esp32-pin", esp32_low),
    ("ulx3s-12f", "memory-pin-registers", lambda plant: register_anywhere(plant, "I")),
    ("ulx3s-12f", "memory-pin-registers", lambda plant: register_anywhere(plant, "T")),
    ("tangnano20k", "gowin-clock-output", clock_switched_off),
    ("ulx3s-12f", "reviewed-cells", lambda plant: unknown_cell(plant, "USRMCLK")),
    ("icebreaker", "reviewed-cells", lambda plant: unknown_cell(plant, "SB_WARMBOOT")),
    ("tangnano9k", "reviewed-cells", lambda plant: unknown_cell(plant, "DLCE")),
]


def faults(boards: Collection[str]) -> pytest.MarkDecorator:
    """Those of these boards, by their rules and numbers."""
    chosen = [pytest.param(*fault, id=f"{fault[1]}-{i}") for i, fault in enumerate(FAULTS) if fault[0] in boards]
    return pytest.mark.parametrize(("board", "rule", "plant"), chosen)


@pytest.mark.timeout(1800)
@faults(TRIED)
def test_a_planted_fault_is_refused_by_cell_pin_and_rule(board, rule, plant):
    planter = Planter(made(board))
    pin = plant(planter)
    with pytest.raises(BuildError) as refused:
        check(design(board, planter.text), SYNTHESISED)
    sentence = str(refused.value)
    assert sentence.startswith(f"the netlist is refused by the rule {rule}: {pin} of the cell top")
    assert "\n" not in sentence and refused.value.status == 1
    if hasattr(planter, "name") and pin != "CLKI":
        assert planter.name in sentence


@pytest.mark.check
@pytest.mark.timeout(1800)
@faults(set(FAULTY) - set(TRIED))
def test_so_is_one_in_another_board(board, rule, plant):
    test_a_planted_fault_is_refused_by_cell_pin_and_rule(board, rule, plant)


def test_every_rule_has_a_planted_fault():
    assert {fault[1] for fault in FAULTS} == RULES.keys()
    assert {fault[0] for fault in FAULTS} == set(FAULTY)


def test_a_netlist_that_has_no_top_is_no_netlist():
    with pytest.raises(NetlistError, match="has no module top"):
        Design({"modules": {}}, board="icebreaker", family="Ice40")


def test_a_rule_is_asked_only_about_its_families():
    rule = Rule(name="never", families=("Gowin",), why="", source="", look=lambda read: iter([1 / 0]))
    assert rule.refusals(Design({"modules": {"top": EMPTY}}, board="icebreaker", family="Ice40")) == []


EMPTY = {"attributes": {}, "ports": {}, "cells": {}}


class Sum(Component):
    """Two numbers and a carry, all of them signals."""

    inputs: In(17)
    outputs: Out(9)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        registers = Signal(17)
        m.d.sync += registers.eq(self.inputs)
        m.d.sync += self.outputs.eq(registers[:8] + registers[8:16] + registers[16])
        return m


# Family, design, the rule that it breaks, and whether what this project does after synthesis mends it.
IDIOMS = {
    "cleared-ecp5": ("Ecp5", Bank((Shape(width=32, depth=512, granularity=8, cleared=True),)), "block-ram-reset", False),
    "cleared-gowin": ("Gowin", Bank((Shape(width=16, depth=1024, cleared=True),)), "block-ram-reset", False),
    "held-gowin": ("Gowin", Bank((Shape(width=18, depth=1024, granularity=9),)), "gowin-block-ram-enable", True),
    "bytes-gowin": ("Gowin", Bank((Shape(width=18, depth=1024, granularity=9),)), "gowin-block-ram-byte-enable", True),
    "contents-ecp5": ("Ecp5", Bank((Shape(width=9, depth=2048),)), "written-memory-contents", False),
    "contents-ice40": ("Ice40", Bank((Shape(width=16, depth=256),)), "written-memory-contents", False),
    "carry-gowin": ("Gowin", Sum(), "gowin-carry-from-logic", True),
}


@pytest.mark.parametrize("idiom", IDIOMS)
def test_what_synthesis_makes_of_an_idiom_is_seen(idiom, tmp_path):
    """What reports are about, as synthesis maps it; some of it is mended before anything else is done."""
    family, component, rule, is_mended = IDIOMS[idiom]
    netlist = tmp_path / "top.json"
    synthesised(component, family, tmp_path, finish=False)
    assert RULES[rule].refusals(Design(json.loads(netlist.read_text()), board="none", family=family))
    FINISH[family](netlist)
    left = RULES[rule].refusals(Design(json.loads(netlist.read_text()), board="none", family=family))
    assert (left == []) == is_mended
