"""Records runs and plays them to engines.

    python -m sim.replay record FILE --geometry G --layers 30,14,9,5 --samples 200   # what the twin answers
    python -m sim.replay play --engine native FILE                                   # equal, or the first difference
    python -m sim.replay long                                                        # three runs of 60,000 and more

`docs/replay.md` has the format, and what a program needs that plays a run to a board. Exit status 1: a difference.
"""

import argparse
import sys
from pathlib import Path

from sim.native.compiler import BuildError
from sim.netlist.run import network_for
from sim.replay.engines import ENGINES
from sim.replay.long_runs import LONG_RUNS, run_all
from sim.replay.playing import play
from sim.replay.recorder import MOST_IN_A_REQUEST, record
from sim.replay.run_file import RunFileError, read, write
from sw.contract.error import ContractError
from sw.contract.geometry_text import parse_geometry
from sw.files.error import FileError
from sw.files.output import check_outputs
from sw.files.streams import take_every_word
from sw.host.error import HostError


def report(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    given = _parser().parse_args(arguments)
    try:
        if given.action == "record":
            check_outputs({"FILE": given.file})
            limits = {"begin": given.begin, "most": given.most}
            run = record(parse_geometry(given.geometry), network_for(given.layers), given.samples, given.seed, **limits)
            write(run, given.file)
            print(f"{given.file}: {given.samples} samples, {given.file.stat().st_size:,} bytes")
            return 0
        if given.action == "long":
            return run_all(given.only, given.samples, report)
        told = play(given.engine, read(given.file), given.file, report)
    except (RunFileError, BuildError, ContractError, HostError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"different: {told['difference']}" if told["difference"] else f"equal: {told['samples']} samples on {given.engine}")
    return int(told["difference"] is not None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim.replay", description=(__doc__ or "").split("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    recording = actions.add_parser("record", help="write what the host would send and the twin answers")
    recording.add_argument("file", type=Path)
    recording.add_argument("--geometry", required=True, help="a board's name, or columns=…,rows=…,grid_height=…,…")
    recording.add_argument(
        "--layers", type=_sizes, required=True, help="for example 30,14,9,5; band and sign layers, relaxation"
    )
    recording.add_argument("--samples", type=_positive, required=True)
    recording.add_argument("--seed", type=_number, default=1)
    recording.add_argument("--begin", type=_number, default=0, help="count of training samples at first")
    recording.add_argument("--most", type=_positive, default=MOST_IN_A_REQUEST, help="samples in a request")
    playing = actions.add_parser("play", help="play a file to an engine")
    playing.add_argument("file", type=Path)
    playing.add_argument("--engine", choices=ENGINES, required=True)
    long = actions.add_parser("long", help="the long runs on the native engine")
    long.add_argument("--only", choices=LONG_RUNS)
    long.add_argument("--samples", type=_positive, help="fewer samples, without writing the results")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(_positive(size) for size in text.split(","))


def _positive(text: str) -> int:
    if _number(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
