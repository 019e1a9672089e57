"""Forgetting against m: how much is kept and how much is learned as the rule gets stronger, floating point and chip."""

from dataclasses import replace
from typing import Annotated

import typer

from sw.contract.network import Network
from sw.experiments.continual.methods import METHODS, parse_methods
from sw.experiments.continual.options import NOT_MNIST, StreamOptions, stream_command
from sw.experiments.continual.scale import Scale, parse_numbers
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.continual.sweep import sweep
from sw.experiments.results import ResultFile
from sw.host.error import InputError
from sw.terminal.speech import say

SCALED = Scale(tasks=4, samples=5000, test_samples=1000, epochs=2, hidden=(500,), metaplasticity=0.0)
FULL = Scale(tasks=6, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=0.0)


@stream_command(without=("metaplasticity", "config", *NOT_MNIST), methods="metaplastic,metaplastic-task-free,chip")
def experiment(
    options: StreamOptions,
    values: Annotated[str, typer.Option(help="The values of m.", metavar="M,M,...")] = "0,0.5,1,1.35,2,3,4,6",
) -> int:
    """Permuted MNIST for several m: accuracy at the end, accuracy when new, forgetting."""
    numbers = parse_numbers("--values", values)
    if still := [name for name in parse_methods(options.methods) if not METHODS[name].metaplastic]:
        raise InputError(f"--methods has {', '.join(still)}, expected methods with the metaplastic rule")
    scale = options.scale(SCALED, FULL)
    layers = (784, *scale.hidden, 10)
    plans = {
        f"{m:g}": options.plan(
            permuted_mnist,
            replace(scale, metaplasticity=m),
            Network.of(layers=layers, metaplasticity=(m,) * (len(layers) - 1)),
        )
        for m in numbers
    }
    result = ResultFile.prepared("metaplasticity-curve", options.json, [""])
    say(f"{scale.words()}, in its place {', '.join(plans)}")
    size = {"scale": options.size(scale), "last": options.counted(scale), "values": list(numbers)}
    sweep(plans, options.where(), result, lambda by: {**size, "by_m": by}, "m")
    return 0
