"""Gowin's carry chains after place and route, with anything at all at the physical carry into each: sums are sums.

Without the stage that `boards/gowin_carries.py` puts before a chain that begins with a signal they are not.
"""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from apycula import chipdb

from boards.catalogue import find
from boards.gowin import DIES, Gowin
from boards.netlist import NetlistError
from boards.silicon.design import Design
from boards.silicon.gowin_carry_head import HEAD
from boards.target import PLACED
from boards.tools import run_step
from sim.bitstream.gowin import Circuit, circuit
from sim.drivers.netlist_vectors import SYNTHESIS, on_amaranth, on_netlist, yosys
from sim.netlist import build, gowin

PINS = (*range(25, 43), *range(48, 58), *range(68, 78), *range(79, 87))  # of the Tang Nano 9K
# Bits, bits that are written together, whether one port does all, where it goes: DPX9B, SDPX9B, SPX9, RAM16SDP4.
MEMORIES = (
    (18, 9, False, "block"),
    (36, 9, False, "block"),
    (9, None, False, "block"),
    (18, 9, True, "block"),
    (4, None, False, "distributed"),
)


class Adders(Component):
    """Chains that begin with a signal, with a constant, and with what leaves another chain."""

    inputs: In(14)
    outputs: Out(20)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        a, b, c, d = self.inputs[:6], self.inputs[6:12], self.inputs[12], self.inputs[13]
        m.d.comb += self.outputs.eq(Cat((a + b + c)[:7], (a - b - d)[:7], a >= b, (a[:4] + (c ^ d))[:5]))
        return m


def sums(word: int) -> int:
    """What `Adders` adds."""
    a, b, c, d = word & 63, word >> 6 & 63, word >> 12 & 1, word >> 13
    return a + b + c | (a - b - d & 127) << 7 | (a >= b) << 14 | ((a & 15) + (c ^ d)) << 15


class Memories(Component):
    """Every block RAM that a board of Gowin's has, and a LUT RAM, written and read at random by what comes in bit by bit."""

    inputs: In(1)
    outputs: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = Signal(64)
        m.d.sync += word.eq(Cat(self.inputs, word))
        shown = []
        for number, (width, granularity, single, style) in enumerate(MEMORIES):
            depth = 16 if style == "distributed" else 512
            memory = Memory(shape=width, depth=depth, init=[], attrs={"ram_style": style, "no_rw_check": 1})
            m.submodules[f"memory_{number}"] = memory
            write, read = memory.write_port(granularity=granularity), memory.read_port(domain="comb")
            at, to = word[number * 3 : number * 3 + 2], word[number * 3 + 20 : number * 3 + 22]
            out, enable = Signal(width, name=f"out_{number}", reset_less=True), Signal.like(write.en, name=f"enable_{number}")
            m.d.comb += [
                enable.eq(Mux(single | (at != to), word[number + 40 :], 0)),
                write.en.eq(enable),
                write.addr.eq(to),
                write.data.eq(word[number:]),
                read.addr.eq(to if single else at),
            ]
            with m.If(~enable.any() if single else 1):
                m.d.sync += out.eq(read.data)
            shown.append(out)
        m.d.sync += self.outputs.eq(Cat(shown).xor())
        return m


def built(component: Component, folder: Path, finish: bool = True) -> Path:
    """The bitstream of a component for the Tang Nano 9K, with or without what `boards.gowin` changes before; the folder."""
    board = find("tangnano9k")
    (folder / "top.il").write_text(rtlil.convert(component, name="top", emit_src=False))
    yosys(f"read_rtlil top.il; {SYNTHESIS['Gowin']}; write_json top.json", folder)
    if finish:
        Gowin.finish(folder / "top.json")
    top = json.loads((folder / "top.json").read_text())["modules"]["top"]
    ports = [(name, port["bits"]) for name, port in top["ports"].items()]
    names = [f"{name}[{i}]" if len(bits) > 1 else name for name, bits in ports for i in range(len(bits))]
    (folder / "top.cst").write_text("".join(f'IO_LOC "{port}" {pin};\n' for port, pin in zip(names, PINS, strict=False)))
    for step in (board.family.place_and_route(board.platform(), ()), board.family.pack(board.platform())):
        run_step(step, folder, lambda line: None)
    return folder


@pytest.fixture(scope="module")
def adders(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """By whether they are mended."""
    return {mended: built(Adders(), tmp_path_factory.mktemp(f"mended-{mended}"), mended) for mended in (True, False)}


def design(folder: Path, source: str, *flips: tuple[int, int]) -> dict[str, Any]:
    """The design after place and route, or what the bits say."""
    if source == "bits":
        return circuit(folder, find("tangnano9k").platform(), flips)
    return json.loads((folder / PLACED).read_text())


def wrong(design: dict[str, Any], folder: Path, noise: int = 1) -> int:
    """In how many of a thousand cycles adders do not give the sums."""
    netlist = folder / "top.net"
    netlist.write_text(build.flattened(design, "Gowin", noise=noise))
    words = [Random(noise + i).getrandbits(14) for i in range(1000)]
    found = on_netlist(build.simulator(print), netlist, words)
    return sum(ours != sums(word) for ours, word in zip(found, words, strict=True))


@pytest.mark.parametrize("source", ["placed", "bits"])
def test_chains_add_whatever_is_at_the_carry_into_them(adders, source):
    for noise in (1, 2, 3):
        assert wrong(design(adders[True], source), adders[True], noise) == 0


@pytest.mark.parametrize("source", ["placed", "bits"])
def test_a_chain_that_begins_with_a_signal_adds_what_lies_beside_it(adders, source):
    assert wrong(design(adders[False], source), adders[False]) > 50


@pytest.mark.parametrize("bit", [12, 14])
def test_a_flipped_bit_of_a_sum_is_found(adders, bit):
    """Of the half of a table that makes the sum; of the rest some say what never happens."""
    known = design(adders[True], "bits")["modules"]["top"]["cells"]
    sums = {
        name: cell["connections"] for name, cell in known.items() if cell["parameters"].get("RAW_ALU_LUT") == f"{0x609A:016b}"
    }
    place = next(name for name, pins in sums.items() if pins["I0"] != pins["I1"] and pins["I3"] == ["1"])
    column, row, number = map(int, re.findall(r"\d+", place))
    die = chipdb.load_chipdb(str(Path(chipdb.__file__).parent / f"{DIES['GW1NR-9C'][0]}.msgpack.xz"))
    ((down, right),) = die[row, column].bels[f"LUT{number}"].flags[bit]
    flip = down + sum(die[i, 0].height for i in range(row)), right + sum(die[row, i].width for i in range(column))
    assert wrong(design(adders[True], "bits", flip), adders[True]) > 0


def refusals(design: dict[str, Any]) -> list[str]:
    return [refusal.pin for refusal in HEAD.refusals(Design(design, board="tangnano9k", family="Gowin"))]


def test_its_head_is_refused(adders):
    assert refusals(design(adders[True], "placed")) == []
    assert set(refusals(design(adders[False], "placed"))) == {"RAW_ALU_LUT"}


@pytest.mark.parametrize("fault", [{"ALU_MODE": "10"}, {"RAW_ALU_LUT": f"{0x505A:032b}"}])
def test_another_head_is_refused(adders, fault):
    changed = design(adders[True], "placed")
    head = next(cell for name, cell in changed["modules"]["top"]["cells"].items() if name.endswith("_HEAD_ALULC"))
    head["parameters"] |= fault
    assert refusals(changed) == [next(iter(fault))]


@pytest.fixture(scope="module")
def memories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(Memories(), tmp_path_factory.mktemp("memories"))


@pytest.mark.parametrize("source", ["placed", "bits"])
def test_memories_hold_what_is_written(memories, source):
    """As on Amaranth's simulator, after everything has been written once."""
    words = [Random(1 + i).getrandbits(1) for i in range(4000)]
    netlist = memories / "top.net"
    netlist.write_text(build.flattened(design(memories, source), "Gowin"))
    cells = build.header(netlist)["cells"]
    assert {"DP": 2, "SDP": 1, "SP": 1, "RAM16SDP4": 1}.items() <= cells.items()
    found, expected = on_netlist(build.simulator(print), netlist, words), on_amaranth(Memories(), words)
    assert found[1000:] == expected[1000:]


@pytest.mark.parametrize("kind", ["DL", "DFFN", "DFFNR"])
def test_a_falling_edge_is_refused(kind):
    """As the words of the Tang Nano 20K's SDRAM are taken; `gowin_unpack` tells such a flip-flop as the latch DL."""
    with pytest.raises(NetlistError, match="X5Y2/DFF4 takes its input at the falling edge, or is a latch"):
        Circuit.__new__(Circuit)._flip_flop(2, 5, 4, {kind})


@pytest.mark.parametrize("die", sorted({die for die, _ in DIES.values()}))
def test_the_packer_gives_a_cell_the_table_of_its_mode(die):
    """What the fuses of a mode say propagates and generates the carry as the mode does."""
    known = chipdb.load_chipdb(str(Path(chipdb.__file__).parent / f"{die}.msgpack.xz"))
    bels = next(tile.bels for tile in known.tiles.values() if "ALU0" in tile.bels)
    for mode, functions in gowin.MODES.items():
        fuses = bels["ALU0"].modes.get(str(mode))
        if fuses is None:
            continue
        table = sum(1 << bit for bit, places in bels["LUT0"].flags.items() if not places <= fuses)
        for ours, theirs in zip(gowin.by_table(table), functions, strict=True):
            assert all(ours(i & 1, i >> 1 & 1, i >> 2) == theirs(i & 1, i >> 1 & 1, i >> 2) for i in range(8)), mode
