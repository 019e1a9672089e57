"""Gowin's carry chains after place and route, with anything at all at the physical carry into each: sums are sums.

Without the stage that `boards/gowin_carries.py` puts before a chain that begins with a signal they are not.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, Module
from amaranth.lib.wiring import Component, In, Out
from apycula import chipdb

from boards.catalogue import find
from boards.gowin import DIES, Gowin
from boards.silicon.design import Design
from boards.silicon.gowin_carry_head import HEAD
from boards.target import PLACED
from boards.tools import run_step
from sim.netlist import build, gowin, run
from sim.netlist_vectors import SYNTHESIS, on_netlist, yosys
from sw.contract.geometry import Geometry

PINS = (*range(25, 43), *range(48, 58), *range(68, 78), *range(79, 87))  # of the Tang Nano 9K
SAMPLES, SEED = 100, 1
LAYERS = (210, 14, 12, 10)  # two folds
SMALL = Geometry(columns=416, rows=39, grid_height=2, grid_width=1, synapses_per_cell=8, folds=26)


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


def placed(folder: Path, mended: bool) -> Path:
    """`Adders` after place and route, with and without what `boards.gowin` changes before."""
    (folder / "top.il").write_text(rtlil.convert(Adders(), name="top", emit_src=False))
    yosys(f"read_rtlil top.il; {SYNTHESIS['Gowin']}; write_json top.json", folder)
    if mended:
        Gowin.finish(folder / "top.json")
    ports = [f"{name}[{i}]" for name, width in (("inputs", 14), ("outputs", 20)) for i in range(width)]
    (folder / "top.cst").write_text("".join(f'IO_LOC "{port}" {pin};\n' for port, pin in zip(ports, PINS, strict=False)))
    board = find("tangnano9k")
    run_step(board.family.place_and_route(board.platform(), ()), folder, lambda line: None)
    return folder / PLACED


@pytest.fixture(scope="module")
def designs(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """By whether they are mended."""
    return {mended: placed(tmp_path_factory.mktemp(f"mended-{mended}"), mended) for mended in (True, False)}


def wrong(design: Path, noise: int) -> int:
    """In how many cycles the design does not give the sums."""
    netlist = design.with_suffix(f".{noise}.net")
    netlist.write_text(build.flattened(json.loads(design.read_text()), "Gowin", noise=noise))
    words = [Random(noise).getrandbits(14) for _ in range(2000)]
    found = on_netlist(build.simulator(print), netlist, words)
    return sum(ours != sums(word) for ours, word in zip(found, words, strict=True))


@pytest.mark.parametrize("noise", [1, 2, 3])
def test_chains_add_whatever_is_at_the_carry_into_them(designs, noise):
    assert wrong(designs[True], noise) == 0


def test_a_chain_that_begins_with_a_signal_adds_what_lies_beside_it(designs):
    assert wrong(designs[False], 1) > 100


def refusals(design: dict[str, Any]) -> list[str]:
    return [refusal.pin for refusal in HEAD.refusals(Design(design, board="tangnano9k", family="Gowin"))]


def test_its_head_is_refused(designs):
    assert refusals(json.loads(designs[True].read_text())) == []
    assert set(refusals(json.loads(designs[False].read_text()))) == {"RAW_ALU_LUT"}


@pytest.mark.parametrize("fault", [{"ALU_MODE": "10"}, {"RAW_ALU_LUT": f"{0x505A:032b}"}])
def test_another_head_is_refused(designs, fault):
    design = json.loads(designs[True].read_text())
    head = next(cell for name, cell in design["modules"]["top"]["cells"].items() if name.endswith("_HEAD_ALULC"))
    head["parameters"] |= fault
    assert refusals(design) == [next(iter(fault))]


@pytest.mark.timeout(1800)  # with synthesis, place and route
def test_the_board_learns_like_the_twin_after_place_and_route():
    """A quarter of the Tang Nano 9K's array, trained through its serial pins at the board's own rates."""
    result = run.compare(build.netlist("tangnano9k", run.report, SMALL, placed=True), run.network_for(LAYERS), SAMPLES, SEED)
    assert result["difference"] is None
    assert result["counters"]["bad_frames"] == 0
    assert min(result["counters"][name] for name in ("learned", "draws", "rows_learned")) > SAMPLES // 2


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
