"""Verilog as Yosys 0.70 writes it, in the words that each simulator runs right and fast. What it says stays."""

import os
import re

from amaranth.back import verilog as amaranth_verilog

from sw.tree import built

# A constant part of a signal comes as a process without a trigger (`hw.verilog`): what makes each simulator run it.
CONSTANT_PROCESS = {
    "icarus": (r"always @\*(\n +[^\n=]+ = \d+'h[0-9a-f]+;\n)", r"initial\1"),
    "verilator": (r"always @\*", "always_comb"),
}

# Each register has a process of its own, and Icarus wakes every process at every edge: 28 % of its time. One for all that
# follow each other.
REGISTER = r"  always @\(posedge clk\)\n(    [^\n]+ <= [^\n]+;\n)"
REGISTERS = re.compile(rf"(?:{REGISTER}){{2,}}")


def from_rtlil(text: str) -> str:
    """What `hw.verilog.to_verilog` makes of the component whose RTLIL this is, which is not elaborated once more."""
    os.environ.update(built.for_yowasp())
    return amaranth_verilog._convert_rtlil_text(text, strip_internal_attrs=True)


def for_simulator(verilog: str, simulator: str) -> str:
    """`verilog` for `icarus` or `verilator`; only the form that Yosys 0.70 writes is recognised."""
    right = re.sub(*CONSTANT_PROCESS[simulator], verilog)
    return REGISTERS.sub(_together, right) if simulator == "icarus" else right


def _together(match: re.Match[str]) -> str:
    return f"  always @(posedge clk) begin\n{''.join(re.findall(REGISTER, match[0]))}  end\n"
