"""Width against number of tasks: how many tasks a network of a width can hold (the paper's figure 3).

One run of T tasks gives the mean accuracy after 1, 2, … T of them.
"""

from dataclasses import replace
from typing import Annotated

import typer

from sw.experiments.continual.methods import METHODS, parse_methods
from sw.experiments.continual.options import NOT_MNIST, StreamOptions, stream_command
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.continual.sweep import sweep
from sw.experiments.results import ResultFile
from sw.host.error import InputError
from sw.terminal.speech import say

SCALED = Scale(tasks=6, samples=3000, test_samples=1000, epochs=2, hidden=(128,), metaplasticity=3.0)
FULL = Scale(tasks=10, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=1.35)
WIDTHS = {False: "64,128,256,512", True: "512,1024,2048,4096"}


@stream_command(without=("hidden", "config", *NOT_MNIST), methods="metaplastic,ewc,chip")
def experiment(
    options: StreamOptions,
    widths: Annotated[str | None, typer.Option(help="Neurons of each hidden layer.", metavar="N,N,...")] = None,
) -> int:
    """Permuted MNIST for several widths: mean accuracy against the number of tasks learned."""
    sizes = parse_sizes("--widths", widths or WIDTHS[options.full])
    if not sizes or any(METHODS[name].joint for name in parse_methods(options.methods)):
        raise InputError("--widths is empty or --methods has a joint one, expected widths and methods that learn in turn")
    scale = options.scale(SCALED, FULL)
    plans = {str(width): options.plan(permuted_mnist, replace(scale, hidden=(width,) * len(scale.hidden))) for width in sizes}
    result = ResultFile.prepared("width-curve", options.json, [""])
    say(f"{scale.words()}, in their place {', '.join(plans)}")
    size = {"scale": options.size(scale), "last": options.counted(scale), "widths": list(sizes)}
    sweep(plans, options.where(), result, lambda by: {**size, "by_width": by}, "width")
    return 0
