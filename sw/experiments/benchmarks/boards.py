"""Samples a second of each board, from the report of its build: the PLL's clock over the cycles of a sample."""

from sw.contract.board_table import BOARDS
from sw.experiments.benchmarks.entry import Entries, Entry
from sw.files.input import read_object
from sw.tree.sources import ROOT

REPORTS = ROOT / "boards" / "reports"


def boards() -> Entries:
    """A line for each board that has been built, beside what the analysis of its timing would allow."""
    found: Entries = {}
    for name in BOARDS:
        path = REPORTS / f"{name}.json"
        if path.exists():
            report = read_object(path)
            layers = "-".join(map(str, report["layers"]))
            found[f"board_samples_per_second_{name.replace('-', '_')}"] = Entry(
                value=report["samples_per_second"],
                unit=f"training samples/s of {layers} at {report['asked_mhz']:g} MHz, {report['cycles_per_sample']:.1f} cycles",
                bound=report["samples_per_second_allowed"],
                bound_is=f"at the {report['clock_mhz']:.1f} MHz that nextpnr's analysis allows",
                command=f"python -m boards.build --board {name} --keep",
            )
    return found
