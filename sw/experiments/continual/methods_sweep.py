"""Settings of the methods in floating point, on training samples that are not learned: every combination of the values given.

What stands beside the chip in a comparison has a right to a search of its own, on the comparison's stream. All that was tried
is in the result, so that it says how many runs a method's best is the best of. The test set is not touched.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from sw.contract.error import require
from sw.experiments.continual.methods import METHODS, parse_methods
from sw.experiments.continual.options import StreamOptions, stream_command
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import STREAMS, stream_named
from sw.experiments.continual.sweep import sweep
from sw.experiments.results import ResultFile
from sw.host.error import InputError
from sw.terminal.speech import say

OF_OTHERS = ("full", "config", "engine", "validation", "features")
Trial = tuple[str, tuple[str, ...]]  # a method, and its settings as `--set` has them


@stream_command(without=OF_OTHERS, methods="plain-batch-1")
def experiment(
    options: StreamOptions,
    over: Annotated[
        list[str], typer.Option(help="FIELD=VALUE,VALUE,... or METHOD:FIELD=VALUE,...; once for each field.", metavar="V")
    ],
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(STREAMS)}.", metavar="NAME")] = "class-incremental",
) -> int:
    """The settings of floating-point methods, every combination of values, tested on held-out training samples."""
    build = stream_named(stream)
    options = replace(options, validation=True)
    scale = options.scale(Scale(tasks=5, samples=None, test_samples=None, epochs=1, hidden=(500,), metaplasticity=2.0))
    found = trials(parse_methods(options.methods), over)
    plans = {
        name: replace(options.plan(build, scale), methods=[method], changes=[*(options.changes or ()), *settings], brief=True)
        for name, (method, settings) in found.items()
    }
    result = ResultFile.prepared("methods-sweep", options.json)
    say(scale.words())
    size: dict[str, Any] = {"scale": options.size(scale), "last": options.counted(scale), "stream": stream}
    size["tried"] = Counter(method for method, _ in found.values())
    sweep(plans, options.where(), result, lambda by: {**size, "by_settings": by})
    return 0


def trials(methods: Sequence[str], over: Sequence[str]) -> dict[str, Trial]:
    """Every combination of the values of `over` for each of `methods`, by its words.

    Of several lists for a field and a method the last counts. Raises `InputError`, `ContractError` for the chip.
    """
    integer = [name for name in methods if METHODS[name].integer]
    require(not integer, f"--methods has {', '.join(integer)}, expected methods in floating point: try settings-sweep")
    found = {}
    for method in methods:
        axes: dict[str, list[str]] = {}
        for words in over:
            where, _, rest = words.rpartition(":")
            field, _, values = rest.partition("=")
            known = [value.strip() for value in values.split(",") if value.strip()]
            if not known or (where and where not in methods):
                raise InputError(
                    f"--over has {words!r}, expected FIELD=VALUE,VALUE or METHOD:FIELD=VALUE,VALUE of a method asked for"
                )
            if where in ("", method):
                axes[field.strip()] = known
        for chosen in itertools.product(*axes.values()):
            settings = tuple(f"{field}={value}" for field, value in zip(axes, chosen, strict=True))
            found[f"{method}: {', '.join(settings)}"] = method, settings
    return found
