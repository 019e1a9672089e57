"""What is a stored sample worth? Accuracy against the records of a reservoir and how often one of them is learned again.

The same stream for each count of records and each interval, with the rule and without it (m = 0, s = 0). Without the rule other
settings are good, so it has a configuration of its own.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.experiments.continual.learners import engine_of
from sw.experiments.continual.options import REHEARSAL, StreamOptions, stream_command
from sw.experiments.continual.sample_points import WITH, WITHOUT, point_name
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.streams import STREAMS, stream_named
from sw.experiments.continual.sweep import sweep
from sw.experiments.results import ResultFile
from sw.host.error import InputError
from sw.terminal.opening import read_network
from sw.terminal.speech import say

OF_OTHERS = ("full", "epochs", "hidden", "metaplasticity", "methods", "changes", "device", "grey", "features", "mnist_folder")


@stream_command(without=(*OF_OTHERS, *(name for name in REHEARSAL if name not in ("rehearsal_per", "rehearsal_horizon"))))
def experiment(
    options: StreamOptions,
    plain_config: Annotated[Path | None, typer.Option(help="TOML of the network without the rule.", metavar="F")] = None,
    records: Annotated[str, typer.Option(help="Past samples that are kept.", metavar="R,R,...")] = "0,500,2000,10000",
    every: Annotated[str, typer.Option(help="New samples between two that are learned again.", metavar="E,E,...")] = "1,8",
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(STREAMS)}.", metavar="NAME")] = "permuted-mnist",
) -> int:
    """Accuracy of the chip against the samples that are stored, with the rule and without it."""
    build = stream_named(stream)
    counts, intervals = parse_sizes("--records", records), parse_sizes("--every", every)
    if not counts or not intervals:
        raise InputError("--records or --every is empty, expected at least one number in each")
    network = options.network() or Network.of()
    plain = without_the_rule(read_network(plain_config) if plain_config else network)
    tasks = 5 if build is STREAMS["class-incremental"] else 10
    scale = options.scale(
        Scale(tasks=tasks, samples=None, test_samples=None, epochs=1, hidden=network.layers[1:-1], metaplasticity=0.0)
    )
    plans = {
        point_name(rule, count, interval): replace(
            options.plan(build, scale, of, rehearsal(options, count, interval)), brief=True
        )
        for rule, of in ((WITH, network), (WITHOUT, plain))
        for count in counts
        for interval in (intervals if count else intervals[:1])
    }
    result = ResultFile.prepared("sample-value", options.json, [""], config=options.config, plain_config=plain_config)
    engine_of(options.engine)
    say(scale.words())
    size: dict[str, Any] = {"scale": options.size(scale), "last": options.counted(scale), "stream": stream}
    size |= {"records": list(counts), "every": list(intervals)}
    sweep(plans, options.where(), result, lambda by: {**size, "by_records": by})
    return 0


def without_the_rule(network: Network) -> Network:
    """Steps toward and away from zero are as likely at every level."""
    return replace(network, metaplasticity=(0.0,) * network.depth, saturation=(0.0,) * network.depth)


def rehearsal(options: StreamOptions, records: int, every: int) -> Rehearsal:
    """Of one point; a horizon that holds fewer than its records is none."""
    horizon = options.rehearsal_horizon or 0
    return Rehearsal(size=records, every=every, per=options.rehearsal_per or 1, horizon=horizon if horizon >= records else 0)
