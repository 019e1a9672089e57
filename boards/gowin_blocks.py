"""Ties pins of Gowin's block memories as Gowin's own tools and the tested examples of Project Apicula have them.

Yosys writes zeros to the pins that enable bytes while a port does not write, and ties the output enable high. Whether silicon
then reads whole words, and keeps them while the clock enable is low, nobody has shown; the other way round it has been used:
https://github.com/YosysHQ/apicula/blob/master/examples/DPX9B18-video-ram.v,
https://github.com/YosysHQ/nextpnr/commit/111f085d6464d944a73b30c48c8df70aec4c6095.
"""

import json
from itertools import count
from pathlib import Path
from typing import Any

from sw.files.input import read_text
from sw.files.output import write_text

WIDTHS = {"": "BIT_WIDTH", "A": "BIT_WIDTH_0", "B": "BIT_WIDTH_1"}  # by the letter of a port
PORTS = {"SP": ("",), "SPX9": ("",), "DPB": ("A", "B"), "DPX9B": ("A", "B")}
ENABLED_OR_READS = f"{0b1011:04b}"  # of I0 and I1: I0, or I1 is low


def tie_pins(netlist: Path) -> None:
    """Rewrite a netlist of Yosys (`write_json`): output enable and byte enables of every port that can write and read."""
    design = json.loads(read_text(netlist))
    for module in design["modules"].values():
        cells = module["cells"]
        bits = [bit for cell in cells.values() for pin in cell["connections"].values() for bit in pin]
        free = count(1 + max((bit for bit in bits if isinstance(bit, int)), default=1))
        low = {"0"} | {cell["connections"]["G"][0] for cell in cells.values() if cell["type"] == "GND"}
        for name, port in [(name, port) for name, cell in cells.items() for port in PORTS.get(cell["type"], ())]:
            pins, width = cells[name]["connections"], int(cells[name]["parameters"][WIDTHS[port]], 2)
            if port:
                pins[f"OCE{port}"] = pins[f"CE{port}"]
            address, write = pins[f"AD{port}"], pins[f"WRE{port}"][0]
            for byte in range(width // 8 if width > 9 else 0):
                if write in low:
                    address[byte] = "1"
                else:
                    enable, address[byte] = address[byte], next(free)
                    cells[f"{name}_BYTE{port}{byte}"] = _lut(enable, write, address[byte])
    write_text(netlist, json.dumps(design))


def _lut(enable: int | str, write: int | str, out: int) -> dict[str, Any]:
    """A cell that is high where a byte is enabled, or the port reads."""
    pins = {"I0": [enable], "I1": [write], "F": [out]}
    kind = {"hide_name": 0, "type": "LUT2", "parameters": {"INIT": ENABLED_OR_READS}, "attributes": {}}
    return kind | {"port_directions": {"I0": "input", "I1": "input", "F": "output"}, "connections": pins}
