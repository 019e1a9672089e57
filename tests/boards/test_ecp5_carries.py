"""Carries that nobody reads are left open; all others stay."""

import json

from boards.ecp5_carries import drop_unread_carries


def carry(**connections: int | str) -> dict:
    directions = {pin: "output" if pin in ("COUT", "S0") else "input" for pin in connections}
    return {
        "type": "CCU2C",
        "port_directions": directions,
        "connections": {pin: [bit] for pin, bit in connections.items()},
    }


def test_only_carries_that_nobody_reads_are_left_open(tmp_path):
    """A carry is read by the next of its chain, by a pin, by a port of its module; bits of another module are other nets."""
    cells = {
        "first": carry(CIN="0", COUT=2),
        "next": carry(CIN=2, COUT=3, S0=7),
        "to_a_port": carry(COUT=4),
        "to_logic": carry(COUT=5),
        "open": carry(S0=8),
        "logic": {
            "type": "LUT4",
            "port_directions": {"A": "input", "B": "input", "Z": "output"},
            "connections": {"A": [5], "B": ["x"], "Z": [6]},
        },
    }
    ports = {
        "out": {"direction": "output", "bits": [4]},
        "in": {"direction": "input", "bits": [3]},  # a pin that drives: not a reader
    }
    modules = {"top": {"ports": ports, "cells": cells}, "other": {"ports": {}, "cells": {"a": carry(CIN=3, COUT=2)}}}
    file = tmp_path / "top.json"
    file.write_text(json.dumps({"creator": "Yosys", "modules": modules}))
    drop_unread_carries(file)
    found = json.loads(file.read_text())
    assert found["creator"] == "Yosys"
    left = {name: cell["connections"].get("COUT") for name, cell in found["modules"]["top"]["cells"].items()}
    assert left == {"first": [2], "next": ["x"], "to_a_port": [4], "to_logic": [5], "open": None, "logic": None}
    assert found["modules"]["top"]["cells"]["next"]["connections"]["S0"] == [7]
    assert found["modules"]["other"]["cells"]["a"]["connections"] == {"CIN": [3], "COUT": ["x"]}
