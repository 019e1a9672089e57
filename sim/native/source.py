"""The Verilog that Verilator compiles: that of `hw.generate`, with habits of Yosys' writer undone that cost time.

Each of these says the same in a form that Verilator translates to less C++. Figures are instructions that cachegrind counts:
a cycle of the full-size board without groups before and after the third and fourth, 53,500 and 41,200, and a training sample
of that with groups of four before and after the last two, 40.0 and 21.9 million (`valgrind --tool=cachegrind --cache-sim=no`,
the first 60 samples of MNIST less the first 20).
"""

import re

from sim.native.ones import count_ones
from sim.native.text import MODULE, NAME, widths_of

# Memories that start as zeros: one assignment a word, which takes minutes to compile. A loop.
ZEROS = re.compile(rf"  initial begin\n((?:    ({NAME})\[\d+\] = \d+'[hd]0+;\n){{8,}})  end\n")

# A process without inputs never runs, so Yosys puts a register without meaning into all; `always_comb` always runs once.
PROCESS = "always @*"
WAKE_UP = re.compile(r"\n +(?:if \(|reg )\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+ (?:\) begin end| = 0;)")

# A memory word with an enable for each byte: every byte is a write of its own, with its own shadow of address and value
# until the end of the cycle. One write of the whole word, if any enable is set (-6,500).
BYTE_WRITE = rf"    if \(({NAME})\[\d+\]\)\n      ({NAME})\[(.*?)\]\[\d+:\d+\] <= .*?;\n"
BYTE_WRITES = re.compile(rf"  always @\(posedge clk\) begin\n((?:{BYTE_WRITE}){{2,}})  end\n")

# A repeated bit is written bit by bit: `{ a, a, a }`. A replication (-6,400).
CONCATENATION = re.compile(r"\{ ([^{}]*) \}")

# A value that is wanted if a bit is set, by AND with copies of the bit: it is made in any case. A choice, which makes it only
# then (-5.3 million).
MASK = re.compile(
    rf"^(  assign {NAME} =) (\{{ [^{{}}]* \}}|{NAME}(?:\[[\d:]+\])?) & \{{ \{{(\d+)\{{({NAME})\}}\}} \}};$", re.MULTILINE
)


def for_verilator(verilog: str) -> str:
    """`verilog` as Verilator makes most of it; only the form that Yosys 0.70 writes is recognised."""
    for step in (_loops_for_zeros, _processes_that_run, _whole_word_writes, _replications, count_ones, _choices):
        verilog = step(verilog)
    return verilog


def _loops_for_zeros(verilog: str) -> str:
    def loop(match: re.Match[str]) -> str:
        index, words = f"zero_{match.start()}", match[1].count("\n")
        return (
            f"  integer {index};\n"
            f"  initial for ({index} = 0; {index} < {words}; {index} = {index} + 1) {match[2]}[{index}] = 0;\n"
        )

    return ZEROS.sub(loop, verilog)


def _processes_that_run(verilog: str) -> str:
    return WAKE_UP.sub("", verilog).replace(PROCESS, "always_comb")


def _whole_word_writes(verilog: str) -> str:
    def write(match: re.Match[str]) -> str:
        writes = re.findall(BYTE_WRITE, match[1])
        if len(set(writes)) != 1:  # not the same enables, memory and address
            return match[0]
        (enables, memory, address), word = writes[0], f"word_{match.start()}"
        # Other modules may have a memory of the same name: the nearest declaration before is its own.
        *_, width = re.findall(rf"  reg (\[\d+:0\] ){re.escape(memory)} *\[\d+:0\];\n", verilog[: match.start()])
        bytes_ = match[1].replace(f"{memory}[{address}][", f"  {word}[").replace("<=", "=").replace("    if", "      if")
        return (
            f"  logic {width}{word};\n"
            f"  always @(posedge clk)\n    if (|{enables}) begin\n"
            f"      {word} = {memory}[{address}];\n{bytes_}      {memory}[{address}] <= {word};\n    end\n"
        )

    return BYTE_WRITES.sub(write, verilog)


def _replications(verilog: str) -> str:
    def shorten(match: re.Match[str]) -> str:
        parts: list[tuple[str, int]] = []
        for part in match[1].split(", "):
            if parts and parts[-1][0] == part:
                parts[-1] = (part, parts[-1][1] + 1)
            else:
                parts.append((part, 1))
        return "{ " + ", ".join(part if times == 1 else f"{{{times}{{{part} }}}}" for part, times in parts) + " }"

    return CONCATENATION.sub(shorten, verilog)


def _choices(verilog: str) -> str:
    def of_module(module: re.Match[str]) -> str:
        widths = widths_of(module[0])

        def choose(match: re.Match[str]) -> str:
            assigned, value, copies, bit = match.groups()
            if widths.get(bit.strip()) != 1:  # copies of a word
                return match[0]
            ones = (1 << int(copies)) - 1  # a value of more bits is cut, as by the mask
            return f"{assigned} {bit}? {value} & {copies}'h{ones:x} : {copies}'h0;"

        return MASK.sub(choose, module[0])

    return MODULE.sub(of_module, verilog)
