"""Plays a run to an engine and says what differs first."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.replay.engines import ENGINES
from sim.replay.run_file import Run, first_difference
from sw.contract.commands import Command
from sw.contract.frames import COUNTERS, unpack_state


def play(engine: str, run: Run, path: Path | None, report: Callable[[str], None]) -> dict[str, Any]:
    """What happened, as the results hold it; `difference` is None where every reply was the recorded one.

    `path` is the file of the run, which Icarus reads again. Raises what the engine raises where it gives no answer at all.
    """
    begun = time.monotonic()
    difference = first_difference(run, ENGINES[engine](run, path or Path(), report))
    counters = next(step.reply for step in reversed(run.steps) if step.command == Command.COUNTERS)
    learned = int.from_bytes(counters[8 * COUNTERS.index("learned") :][:8], "little")
    counts = [unpack_state(step.reply).samples for step in run.steps if step.command == Command.STATE]
    return {
        "engine": engine,
        "layers": list(run.network.layers),
        "relax_rate": list(run.network.relax_rate),
        "samples": run.samples,
        "learned": learned,
        "requests": len(run.steps),
        "sample_count_from": counts[0],
        "sample_count_to": counts[-1],
        "equal": difference is None,
        "difference": difference,
        "seconds": round(time.monotonic() - begun, 1),
    }
