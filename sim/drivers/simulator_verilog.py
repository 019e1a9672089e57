"""Verilog as Yosys 0.70 writes it, in the words that each simulator runs right and fast. What it says stays."""

import os
import re
import subprocess
from pathlib import Path

from sw.tree import built

# Conditions stay those of processes, which take an undefined one for false: an expression would pass it on.
PASSES = "proc -nomux -norom; opt_expr; opt_merge; opt_clean; memory_collect"

# A constant part of a signal comes as a process without a trigger (`hw.verilog`): what makes each simulator run it.
CONSTANT_PROCESS = {
    "icarus": (r"always @\*(\n +[^\n=]+ = \d+'h[0-9a-f]+;\n)", r"initial\1"),
    "verilator": (r"always @\*", "always_comb"),
}

# Each register has a process of its own, and Icarus wakes every process at every edge: 28 % of its time. One for all that
# follow each other.
REGISTER = r"  always @\(posedge clk\)\n(    [^\n]+ <= [^\n]+;\n)"
REGISTERS = re.compile(rf"(?:{REGISTER}){{2,}}")


def from_rtlil(text: str, name: str, folder: Path) -> str:
    """The Verilog of RTLIL, by Yosys in `folder`, where it leaves files called `name`.

    As `hw.verilog` makes it, but what is constant, doubled or unused is gone, which Icarus computes twice as fast. Every named
    signal stays. Raises `AssertionError` with what Yosys says.
    """
    (folder / f"{name}.il").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [os.environ["YOSYS"], "-q", "-p", f"read_rtlil {name}.il; {PASSES}; write_verilog -norename -noattr {name}.v"],
        cwd=folder,
        env=os.environ | built.for_yowasp(),
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, f"Yosys refused the RTLIL: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return (folder / f"{name}.v").read_text(encoding="utf-8")


def for_simulator(verilog: str, simulator: str) -> str:
    """`verilog` for `icarus` or `verilator`; only the form that Yosys 0.70 writes is recognised."""
    right = re.sub(*CONSTANT_PROCESS[simulator], verilog)
    return REGISTERS.sub(_together, right) if simulator == "icarus" else right


def _together(match: re.Match[str]) -> str:
    return f"  always @(posedge clk) begin\n{''.join(re.findall(REGISTER, match[0]))}  end\n"
