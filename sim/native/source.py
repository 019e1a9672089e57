"""The Verilog that Verilator compiles: that of `hw.generate`, with three habits of Yosys' writer undone."""

import re

# A memory that starts as zeros is written as one assignment a word, which takes minutes to compile.
ZEROS = re.compile(r"  initial begin\n((?:    (\S+) ?\[\d+\] = \d+'[hd]0+;\n){8,})  end\n")
# Yosys writes a constant part of a signal as a process without inputs, which never runs; `always_comb` runs once.
PROCESS = "always @*"
# For the same reason it puts a register without meaning into every other process.
WAKE_UP = re.compile(r"\n +(?:if \(|reg )\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+ (?:\) begin end| = 0;)")


def for_verilator(verilog: str, shared: str | None = None) -> str:
    """`verilog` as Verilator makes most of it. `shared` is a module with many instances, compiled only once."""
    count = 0

    def loop(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        words, index = match[1].count("\n"), f"zero_{count}"
        return (
            f"  integer {index};\n"
            f"  initial for ({index} = 0; {index} < {words}; {index} = {index} + 1) {match[2]} [{index}] = 0;\n"
        )

    verilog = WAKE_UP.sub("", ZEROS.sub(loop, verilog)).replace(PROCESS, "always_comb")
    if shared is not None:
        head = re.compile(rf"^(module \\?{re.escape(shared)} ?\(.*?\);)", re.MULTILINE | re.DOTALL)
        verilog, found = head.subn(r"\1 /* verilator no_inline_module */", verilog)
        assert found == 1, f"{found} modules {shared}"
    return verilog
