"""`build/<board>/report.json`: what a build asked for, what came out, and what it was made with."""

import hashlib
from dataclasses import asdict
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from boards.generate import Sources
from boards.target import Target
from boards.timing import Timing
from boards.tools import version
from sw.contract.geometry import Geometry
from sw.figures.table import show
from sw.files.input import read_object
from sw.tree.built import is_checkout
from sw.tree.sources import ROOT

# An installed package has no place of its own for bitstreams: they go into the folder that one stands in.
WORK = (ROOT if is_checkout() else Path()) / "build"
REPORTS = ROOT / "boards" / "reports"
CYCLES = ROOT / "boards" / "cycles.json"


def cycles_per_sample(name: str, geometry: Geometry, layers: tuple[int, ...]) -> float | None:
    """What `python -m sw.experiments.cycles` measured for a board's network, or None if it measured another one."""
    measured = read_object(CYCLES) if CYCLES.exists() else {}
    entry = measured.get(name)
    if entry is None or entry["geometry"] != asdict(geometry) or tuple(entry["layers"]) != layers:
        return None
    return entry["cycles_per_sample"]


def samples_per_second(clock_mhz: float, cycles: float | None) -> float | None:
    """Training samples that the array learns in a second at a clock, `cycles` each; None if they were not measured."""
    return cycles and round(clock_mhz * 1e6 / cycles, 1)


def make_report(
    target: Target,
    geometry: Geometry,
    layers: tuple[int, ...],
    sources: Sources,
    timing: Timing,
    bitstream: Path,
    *,
    seed: int,
    options: tuple[str, ...],
    seconds: dict[str, float],
    source_hash: str,
) -> dict[str, Any]:
    """Every field of the report. Clocks in MHz, `margin` = clock / asked − 1, `use` = {resource: [used, available]}.

    `samples_per_second` is at the clock that the PLL makes, for nothing makes the one that the analysis would allow.
    """
    asked = float(sources.pll.frequency) / 1e6
    cycles = cycles_per_sample(target.name, geometry, layers)
    tools = ("yosys", *target.family.warm_up)
    return {
        "board": target.name,
        "device": sources.platform.device,
        "layers": list(layers),
        "geometry": asdict(geometry),
        "synapses_per_cycle": geometry.columns_per_fold,
        "clock_mhz": round(timing.clock_mhz, 2),
        "asked_mhz": round(asked, 4),
        "margin": round(timing.clock_mhz / asked - 1, 4),
        "critical_path": {
            "from": timing.path.start,
            "to": timing.path.end,
            "ns": round(timing.path.total_ns, 2),
            "logic_ns": round(timing.path.logic_ns, 2),
            "routing_ns": round(timing.path.routing_ns, 2),
        },
        "use": timing.use,
        "logic_per_synapse": round(timing.use[target.family.logic][0] / geometry.columns_per_fold, 2),
        "cycles_per_sample": cycles,
        "samples_per_second": samples_per_second(asked, cycles),
        "samples_per_second_allowed": samples_per_second(timing.clock_mhz, cycles),
        "baud": sources.rate.baud,
        "baud_error": sources.rate.error,
        "seed": seed,
        "nextpnr_options": list(options),
        "seconds": {step: round(taken, 1) for step, taken in seconds.items()},
        "tools": {"amaranth": package_version("amaranth")} | {tool: version(tool) for tool in tools},
        "sources": source_hash,
        "bitstream": bitstream.name,
        "sha256": hashlib.sha256(bitstream.read_bytes()).hexdigest(),
    }


def print_report(report: dict[str, Any], console: Console) -> None:
    """The table of a build."""
    table = Table("", "", title=f"{report['board']}: {'-'.join(map(str, report['layers']))}", show_header=False)
    table.add_row("clock of the PLL", f"{report['asked_mhz']:.1f} MHz")
    table.add_row("clock after routing", f"up to {report['clock_mhz']:.1f} MHz, margin {report['margin']:+.1%}")
    table.add_row("synapses a cycle", str(report["synapses_per_cycle"]))
    if report["cycles_per_sample"] is not None:
        table.add_row("cycles a training sample", f"{report['cycles_per_sample']:.1f}")
        allowed = f"{report['samples_per_second_allowed']:,.0f} at the clock after routing"
        table.add_row("training samples a second", f"{report['samples_per_second']:,.0f}, {allowed}")
    table.add_row("logic cells a synapse", f"{report['logic_per_synapse']:.1f}")
    for resource, (used, available) in report["use"].items():
        share = f" of {available:,}, {used / available:.0%}" if available else ""  # TBUF has no sites of its own
        table.add_row(resource, f"{used:,}{share}")
    table.add_row("serial line", f"{report['baud']:,} baud, off by {report['baud_error']:.4%}")
    path = report["critical_path"]
    table.add_row("slowest path", f"{path['from']} to {path['to']}, {path['ns']} ns")
    table.add_row("seed", str(report["seed"]))
    table.add_row("seconds", ", ".join(f"{step} {taken:.0f}" for step, taken in report["seconds"].items()))
    show(table, console)
