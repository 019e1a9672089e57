"""Takes the carry that nobody reads from the end of a carry chain.

nextpnr leads the last carry of a chain out of it, through one more cell, wherever it finds a net there, whether anybody reads
the net or not; and Yosys gives every carry a net.
"""

import json
from pathlib import Path

from sw.files.input import read_text
from sw.files.output import write_text

CARRY, OUTPUT = "CCU2C", "COUT"
UNDEFINED = "x"  # a bit of Yosys' JSON that nextpnr connects to nothing


def drop_unread_carries(netlist: Path) -> None:
    """Rewrite a netlist of Yosys (`write_json`) with the unread carries of every module left open."""
    design = json.loads(read_text(netlist))
    for module in design["modules"].values():
        read = {bit for port in module["ports"].values() if port["direction"] != "input" for bit in port["bits"]}
        for cell in module["cells"].values():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] != "output":
                    read.update(bits)
        for cell in module["cells"].values():
            nets = cell["connections"]
            if cell["type"] == CARRY and OUTPUT in nets and read.isdisjoint(nets[OUTPUT]):
                nets[OUTPUT] = [UNDEFINED]
    write_text(netlist, json.dumps(design))
