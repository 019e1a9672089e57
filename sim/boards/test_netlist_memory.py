"""The models of the block memories, held against the memories that synthesis made them from: equal in every cycle."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from hw.accelerator import Accelerator
from sim.drivers.netlist_vectors import on_amaranth, on_netlist, synthesised, with_fault
from sim.netlist import build
from sw.contract.board_table import BOARDS

CYCLES = 800
PLACES = 10  # addresses of a memory that are used: few, so that what was written is read


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A memory with a read and a write port, `granularity` bits for each enable of the latter.

    meets : it may be read where it is written: synthesis has to see to it that the old word comes, or with `transparent`
    the new one. Otherwise nobody cares, and the stimulus does it not. With enables for bytes it must not: Yosys then
    relies on the bytes that are not written, and the model spoils the whole word.
    cleared : the word that is read is zero unless asked for: synthesis takes the block's reset, which no design here may use
    single : one port, which reads when it does not write
    steady : it is read in every cycle
    """

    width: int
    depth: int
    granularity: int | None = None
    meets: bool = False
    transparent: bool = False
    cleared: bool = False
    single: bool = False
    steady: bool = False

    @property
    def address_bits(self) -> int:
        return (self.depth - 1).bit_length()

    @property
    def enables(self) -> int:
        return self.width // (self.granularity or self.width)

    @property
    def input_bits(self) -> int:
        return 2 * self.address_bits + 1 + self.width + self.enables


SHAPES = {
    "Ecp5": (
        Shape(width=32, depth=512, granularity=8),
        Shape(width=32, depth=512, granularity=8, cleared=True),
        Shape(width=36, depth=512),
        Shape(width=18, depth=1024, granularity=9),
        Shape(width=16, depth=1024, granularity=8, cleared=True),
        Shape(width=9, depth=2048),
        Shape(width=9, depth=2048, meets=True),
        Shape(width=4, depth=4096),
        Shape(width=2, depth=8192),
        Shape(width=1, depth=16384),
        Shape(width=40, depth=700, meets=True, transparent=True),
        Shape(width=20, depth=512, meets=True, transparent=True),
        Shape(width=16, depth=1024, single=True),
    ),
    "Gowin": (
        Shape(width=32, depth=512, granularity=8),
        Shape(width=36, depth=512),
        Shape(width=18, depth=1024, granularity=9, steady=True),
        Shape(width=16, depth=1024, granularity=8, steady=True),
        Shape(width=9, depth=2048),
        Shape(width=9, depth=2048, meets=True),
        Shape(width=8, depth=2048),
        Shape(width=4, depth=4096),
        Shape(width=2, depth=8192),
        Shape(width=1, depth=16384),
        Shape(width=40, depth=700, meets=True, transparent=True, steady=True),
        Shape(width=16, depth=1024, single=True),
        Shape(width=16, depth=1024, granularity=8, single=True),
        Shape(width=9, depth=2048, single=True),
    ),
    "Ice40": (
        Shape(width=16, depth=256),
        Shape(width=16, depth=256, granularity=8),
        Shape(width=8, depth=512),
        Shape(width=4, depth=1024),
        Shape(width=2, depth=2048),
        Shape(width=12, depth=300, meets=True),
        Shape(width=8, depth=512, meets=True, transparent=True),
    ),
}


class Bank(Component):
    """All memories of a list beside each other."""

    def __init__(self, shapes: tuple[Shape, ...]) -> None:
        self.shapes = shapes
        widths = (sum(shape.input_bits for shape in shapes), sum(shape.width for shape in shapes))
        super().__init__({"inputs": In(widths[0]), "outputs": Out(widths[1])})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at = out = 0
        for number, shape in enumerate(self.shapes):
            attributes = {"ram_style": "block"} | ({} if shape.meets else {"no_rw_check": 1})
            words = Random(number).choices(range(2**shape.width), k=shape.depth)
            memory = Memory(shape=shape.width, depth=shape.depth, init=words, attrs=attributes)
            m.submodules[f"memory_{number}"] = memory
            fields = []
            for width in (shape.address_bits, shape.address_bits, 1, shape.width, shape.enables):
                fields.append(self.inputs[at : at + width])
                at += width
            from_, to, asks, data, enable = fields
            write = memory.write_port(granularity=shape.granularity)
            m.d.comb += [write.addr.eq(to), write.data.eq(data), write.en.eq(enable)]
            if shape.meets:
                read = memory.read_port(transparent_for=(write,) * shape.transparent)
                m.d.comb += [read.addr.eq(from_), read.en.eq(asks | shape.steady)]
                shown = read.data
            else:  # of a memory with a register behind it synthesis believes that nobody cares
                read = memory.read_port(domain="comb")
                m.d.comb += read.addr.eq(to if shape.single else from_)
                shown = Signal(shape.width, reset_less=True)
                with m.If(~enable.any() if shape.single else asks | shape.steady):
                    m.d.sync += shown.eq(read.data)
                if shape.cleared:
                    with m.Else():
                        m.d.sync += shown.eq(0)
            m.d.comb += self.outputs[out : out + shape.width].eq(shown)
            out += shape.width
        return m


def stimulus(shapes: tuple[Shape, ...], seed: int, collides: bool = False) -> list[int]:
    """Words for `Bank.inputs`; with `collides` every memory is read where it is written."""
    random = Random(seed)
    places = [random.sample(range(shape.depth), PLACES) for shape in shapes]
    words = []
    for cycle in range(CYCLES):
        word = at = 0
        for shape, known in zip(shapes, places, strict=True):
            from_, to = random.choice(known), random.choice(known)
            enable = random.getrandbits(shape.enables) if random.random() < 0.6 else 0
            asks = random.random() < 0.8
            if cycle == 0:  # nobody cares what comes out before
                asks, enable = True, 0
            if from_ == to and enable and not shape.meets and not shape.single and not collides:
                enable = 0
            for value, width in (
                (from_, shape.address_bits),
                (to, shape.address_bits),
                (asks, 1),
                (random.getrandbits(shape.width), shape.width),
                (enable, shape.enables),
            ):
                word |= value << at
                at += width
        words.append(word)
    return words


@pytest.fixture(scope="module")
def simulator() -> Path:
    return build.simulator(print)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {family: synthesised(Bank(SHAPES[family]), family, tmp_path_factory.mktemp(family)) for family in SHAPES}


def differing(ours: list[int], theirs: list[int], shapes: tuple[Shape, ...]) -> list[Shape]:
    """The memories whose outputs are not the same in every cycle."""
    assert len(ours) == len(theirs) == CYCLES
    found, at = [], 0
    for shape in shapes:
        mask = (1 << shape.width) - 1
        if any((our ^ their) >> at & mask for our, their in zip(ours[1:], theirs[1:], strict=True)):
            found.append(shape)
        at += shape.width
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, list[int]]:
    return {family: on_amaranth(Bank(shapes), stimulus(shapes, seed=1)) for family, shapes in SHAPES.items()}


@pytest.mark.parametrize("family", SHAPES)
def test_the_models_equal_the_memories_that_they_were_made_from(family, banks, expected, simulator):
    ours = on_netlist(simulator, banks[family], stimulus(SHAPES[family], seed=1))
    assert differing(ours, expected[family], SHAPES[family]) == []


@pytest.mark.parametrize("family", SHAPES)
def test_a_word_that_is_read_where_it_is_written_comes_out_wrong(family, banks, simulator):
    words = stimulus(SHAPES[family], seed=2, collides=True)
    ours, theirs = on_netlist(simulator, banks[family], words), on_amaranth(Bank(SHAPES[family]), words)
    spoiled = [shape for shape in SHAPES[family] if not shape.meets and not shape.single]
    assert differing(ours, theirs, SHAPES[family]) == spoiled


@pytest.mark.parametrize("board", ["ulx3s-12f", "icebreaker"])
def test_no_memory_of_the_accelerator_asks_for_the_word_from_before(board):
    """Where it is asked for, Yosys delays the writes to the memories of the iCE40 and relies on bytes beside them."""
    whole = BOARDS[board].geometry
    geometry = replace(whole, grid_height=1, columns=whole.columns // whole.grid_height)
    lines = rtlil.convert(Accelerator(geometry), emit_src=False).splitlines()
    places = [place for place, line in enumerate(lines) if line.lstrip().startswith("memory ")]
    assert len(places) > 12
    assert all("no_rw_check 1" in lines[place - 1] + lines[place - 2] for place in places)  # an attribute is a line before


DOUBTED = (
    Shape(width=16, depth=1024, granularity=8, steady=True),
    Shape(width=9, depth=2048),
    Shape(width=16, depth=1024, granularity=8, single=True),
)


@pytest.mark.parametrize("tied", [True, False])
def test_what_nobody_has_seen_gowins_block_rams_do_comes_out_wrong(tied, simulator, tmp_path):
    """Byte enables that are low while a port reads, clock enables that move alone: Yosys ties them so, and boards change it."""
    netlist = synthesised(Bank(DOUBTED), "Gowin", tmp_path, finish=tied)
    words = stimulus(DOUBTED, seed=1)
    assert differing(on_netlist(simulator, netlist, words), on_amaranth(Bank(DOUBTED), words), DOUBTED) == (
        [] if tied else list(DOUBTED)
    )


def test_a_block_ram_of_gowin_that_is_cleared_by_its_reset_comes_out_wrong(simulator, tmp_path):
    shapes = (Shape(width=32, depth=512, granularity=8, cleared=True),)
    netlist, words = synthesised(Bank(shapes), "Gowin", tmp_path), stimulus(shapes, seed=1)
    assert differing(on_netlist(simulator, netlist, words), on_amaranth(Bank(shapes), words), shapes) == list(shapes)


FAULTS = {
    "byte enables that are not looked at": ("Ecp5", "1 : address & ((1 << access.count) - 1)", "1 : (1 << access.count) - 1"),
    "a reset that clears nothing": ("Ecp5", "port.reset])\n      shown = 0;", "port.reset])\n      return;"),
    "halves of a wide word the wrong way round": ("Ecp5", "? shown >> 18 : shown", "? shown : shown"),
    "an address that is one bit off": ("Ecp5", "(address >> 3) & ~", "(address >> 4) & ~"),
    "an output that changes when its port writes": ("Ecp5", "writing && port.mode == NORMAL", "writing && false"),
    "contents from power-up shifted by a byte": ("Ecp5", "bytes_[2 * i + 1] = word >> 9", "bytes_[2 * i + 1] = word"),
    "bytes that are written though they are not enabled": ("Gowin", "reads_only(which) || address >> i & 1", "true"),
    "a byte of a wide word from the wrong place": ("Gowin", "access.old << byte_ | bytes_", "access.old << 8 | bytes_"),
    "words of one port an address further": ("Gowin", "address & 7 & ~(port.width - 1)", "~address & 7 & ~(port.width - 1)"),
    "an output that changes when its enable is low": ("Gowin", "(!access.on && !holds)", "!access.on"),
    "a part of a word from the wrong address bits": ("Ice40", "from >> 8 & (parts - 1)", "from >> 7 & (parts - 1)"),
    "a mask that is not looked at": ("Ice40", "write_mode_ || !(mask >> i & 1)", "true"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_model_is_found(fault, banks, expected, tmp_path):
    family, right, wrong = FAULTS[fault]
    file = "gowin_memory.h" if family == "Gowin" else "memories.h"
    faulty = with_fault(tmp_path, file, lambda text: text.replace(right, wrong))
    ours = on_netlist(faulty, banks[family], stimulus(SHAPES[family], seed=1))
    assert differing(ours, expected[family], SHAPES[family]) != []
