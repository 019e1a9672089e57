"""The examples run as they stand."""

import re
import subprocess
import sys

from sw.tree.sources import ROOT


def test_first_light_learns_digits():
    program = ROOT / "examples" / "first_light.py"
    command = [sys.executable, str(program), "--board", "twin", "--samples", "1500"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    learned, tested = done.stdout.splitlines()
    assert re.fullmatch(r"1500 digits in \d+\.\d s, \d+\.\d% right before each was learned", learned)
    assert float(re.match(r"(\d+\.\d)% of 2000 digits", tested)[1]) > 65
