"""What pytest says about the benches: the seed before, the waveforms after."""

import os
import time

from sim.drivers.bench import BUILD, WAVE_FILES

BEGUN = time.time()


def pytest_report_header() -> str:
    """One line with what is needed to repeat the run."""
    return f"benches: SEED={os.environ.get('SEED', '1')} SIM={os.environ.get('SIM', 'icarus')}"


def pytest_terminal_summary(terminalreporter) -> None:
    """The waveforms that this run has left (WAVES=1)."""
    for file in sorted(file for name in WAVE_FILES.values() for file in BUILD.glob(f"*/{name}")):
        if file.stat().st_mtime >= BEGUN:
            terminalreporter.write_line(f"waveform: {file}")
