"""Long runs on the native engine, past the ends of counters, every reply and the whole state against the twin's.

They are made from their seed each time, as their files would be large.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import set_num_threads

from sim.replay.playing import play
from sim.replay.recorder import record
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.files.input import read_object
from sw.files.output import write_json

RESULTS = Path(__file__).parent.parent.parent / "results" / "replay.json"
SMALL = Geometry(columns=64, rows=56, grid_height=2, grid_width=2, synapses_per_cell=8, folds=2, slices=4)
TINY = Geometry(columns=24, rows=14, grid_height=1, grid_width=3, synapses_per_cell=8, folds=1, slices=4)


@dataclass(frozen=True, kw_only=True)
class LongRun:
    """`about` in words; `begin`: the sample count at first; `most` samples in a request."""

    about: str
    geometry: Geometry
    network: Network
    samples: int
    begin: int
    most: int


LONG_RUNS = {
    "layers": LongRun(
        about="three layers, gated and not, with relaxation",
        geometry=SMALL,
        network=Network.of(
            layers=(60, 24, 16, 10),
            activation=["sign", "gate"],
            gate=[0, 1],
            relax_rate=[2000, 20000, 65536],
            relax_floor=3,
            init_range=100,
        ),
        samples=60_000,
        begin=0,
        most=24,
    ),
    "wraps": LongRun(
        about="one sample a request: past 2^16 sequence numbers and 2^64 samples",
        geometry=TINY,
        network=Network.of(layers=(20, 8, 4), relax_rate=[300, 3000]),
        samples=70_000,
        begin=2**64 - 35_000,
        most=1,
    ),
    "million": LongRun(
        about="a million samples, past 2^32 of them",
        geometry=TINY,
        network=Network.of(layers=(20, 8, 4), margin=1, relax_rate=[300, 3000], prng=1),
        samples=1_000_000,
        begin=2**32 - 500_000,
        most=100,
    ),
}


def run_all(only: str | None, samples: int | None, report: Callable[[str], None], results: Path = RESULTS) -> int:
    """Record and play one or all; 0 if all are equal. Writes `results`, where other runs stay, unless `samples` is given."""
    set_num_threads(1)  # the steps of one small network are too short to share
    told: dict[str, Any] = read_object(results) if results.exists() else {}
    is_equal = True
    for name in [only] if only else list(LONG_RUNS):
        long = LONG_RUNS[name]
        count = samples or long.samples
        report(f"{name}: the twin trains {count:,} samples")
        begin = long.begin if samples is None else max(0, long.begin + (long.samples - samples) // 2)
        run = record(long.geometry, long.network, count, seed=1, begin=begin, most=long.most)
        report(f"{name}: the native engine does the same")
        one = play("native", run, None, report)
        print(f"{name}: {one['difference'] or 'equal'}, {one['samples']:,} samples, {one['requests']:,} requests, {long.about}")
        is_equal &= one["equal"]
        if samples is None:
            told[name] = {"about": long.about, **one}
            write_json(results, told)
    return int(not is_equal)
