"""Gives every carry chain of a Gowin device that begins with a signal one more stage, so that it begins with a constant.

The carry into a chain is no pin that a wire can reach: nextpnr puts a stage before the chain that makes it. For a constant
that stage is right. For a signal, that of nextpnr 0.11.1 (`RAW_ALU_LUT` 0x505a) gives signal OR carry of whatever lies to the
left of it: https://github.com/YosysHQ/nextpnr/issues/1799.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sw.files.input import read_text
from sw.files.output import write_text

CELL, CARRY_IN, CARRY_OUT = "ALU", "CIN", "COUT"
LEVELS = {"GND": "0", "VCC": "1"}  # cells that drive constants
# ALU_MODE 2 with I3 high adds: I0 + I1 + CIN carries I0 wherever I1 is I0, and so does not look at CIN.
MODE = {"ALU_MODE": f"{2:032b}"}


def begin_with_constants(netlist: Path) -> None:
    """Rewrite a netlist of Yosys (`write_json`)."""
    design = json.loads(read_text(netlist))
    for module in design["modules"].values():
        bits = [bit for cell in module["cells"].values() for pin in cell["connections"].values() for bit in pin]
        free = 1 + max((bit for bit in bits if isinstance(bit, int)), default=1)
        for place, name in enumerate(carries_from_logic(module)):
            pins = module["cells"][name]["connections"]
            module["cells"][f"{name}_HEAD"] = _stage(pins[CARRY_IN], [free + place])
            pins[CARRY_IN] = [free + place]
    write_text(netlist, json.dumps(design))


def carries_from_logic(module: dict[str, Any]) -> list[str]:
    """The cells of a module whose carry-in is neither a constant nor the carry of a cell that goes nowhere else."""
    readers: Counter[int | str] = Counter()
    direct: set[int | str] = {"0", "1"}
    for port in module["ports"].values():
        if port["direction"] != "input":
            readers.update(port["bits"])
    for cell in module["cells"].values():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] != "output":
                readers.update(bits)
            elif cell["type"] in LEVELS:
                direct.update(bits)
    for cell in module["cells"].values():
        if cell["type"] == CELL:
            direct.update(bit for bit in cell["connections"].get(CARRY_OUT, []) if readers[bit] == 1)
    stages = {name: cell["connections"][CARRY_IN][0] for name, cell in module["cells"].items() if cell["type"] == CELL}
    return [name for name, carry in stages.items() if carry not in direct]


def _stage(signal: list[int | str], carry: list[int | str]) -> dict[str, Any]:
    """A cell that carries `signal`."""
    inputs = {"I0": signal, "I1": signal, "I3": [LEVELS["VCC"]], CARRY_IN: [LEVELS["GND"]]}
    directions = dict.fromkeys(inputs, "input") | {CARRY_OUT: "output"}
    pins = {"port_directions": directions, "connections": inputs | {CARRY_OUT: carry}}
    return {"hide_name": 0, "type": CELL, "parameters": MODE, "attributes": {}, **pins}
