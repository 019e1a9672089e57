"""What the runner of benches refuses, and what it makes of Yosys' Verilog."""

from pathlib import Path

import pytest

from sim.drivers.bench import refuse_for_make
from sim.drivers.simulator_verilog import for_simulator


@pytest.mark.parametrize("name", ["a b", "a:b", "a#b", "a$b", "a'b", "a%b", "a(b)"])
def test_a_path_that_make_cannot_name_is_refused_for_verilator(name):
    with pytest.raises(AssertionError, match="GNU make takes no path"):
        refuse_for_make(Path("/good"), Path("/tmp") / name)


def test_other_paths_are_not():
    refuse_for_make(Path("/home/é/meta-plast_2.0+x/build"))


def register(name: str) -> str:
    return f"  always @(posedge clk)\n    {name} <= \\$1 ;\n"


def test_registers_that_follow_each_other_have_one_process_on_icarus():
    guarded = "  always @(posedge clk)\n    if (enable)\n      memory[a] <= b;\n"
    text = f"{register('a')}{register('b')}{guarded}{register('c')}"
    together = "  always @(posedge clk) begin\n    a <= \\$1 ;\n    b <= \\$1 ;\n  end\n"
    assert for_simulator(text, "icarus") == f"{together}{guarded}{register('c')}"
    assert for_simulator(text, "verilator") == text


def test_a_constant_is_set_once_and_other_processes_stay():
    constant, other = "  always @*\n    a = 2'h1;\n", "  always @*\n    a = b;\n"
    assert for_simulator(constant + other, "icarus") == constant.replace("always @*", "initial") + other
    assert for_simulator(constant + other, "verilator").count("always_comb") == 2
