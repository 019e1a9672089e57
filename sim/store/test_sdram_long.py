"""The controller for longer than a row holds its bits: native code, the chips' own power-up and refresh."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hw.store.chip import GW2AR_SDRAM, MT48LC16M16A2
from hw.store.sdram import Sdram
from hw.verilog import to_verilog
from sim.native.compiler import compile_program
from sim.native.sdram import chip_header
from sim.native.source import for_verilator

ROOT = Path(__file__).parent
MS = 70


@pytest.mark.parametrize(
    ("chip", "clock_hz"), [(MT48LC16M16A2, 80_000_000), (GW2AR_SDRAM, 54_000_000)], ids=["mt48lc16m16a2", "gw2ar"]
)
def test_words_stay_for_longer_than_a_row_holds_them(chip, clock_hz, tmp_path):
    verilog = for_verilator(to_verilog(Sdram(chip, clock_hz), "board"))
    # Names with two underscores would have others in C++.
    (tmp_path / "board.v").write_text(verilog.replace("__", "_"), encoding="utf-8")
    (tmp_path / "sdram_chip.h").write_text(chip_header(chip), encoding="utf-8")
    for file in (ROOT / "sdram_long.cpp", ROOT.parent / "native" / "sdram.h"):
        shutil.copyfile(file, tmp_path / file.name)
    program = compile_program(tmp_path, ("board.v", "sdram_long.cpp"), print)

    def told(*options: str) -> list[int]:
        arguments = [str(round(1e12 / clock_hz)), str(chip.address_bits), str(MS), *options]
        run = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
        return [int(number) for number in run.stdout.split()]

    compared, others, refreshes = told()
    assert (compared > 20_000, others) == (True, 0)
    assert refreshes >= MS * 1e6 / chip.refresh_interval
    compared, others, _ = told("deaf")
    assert others > 0.9 * compared, "rows that nobody refreshes have other bits"
    assert told("bit")[1] == 1
