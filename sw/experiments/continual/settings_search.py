"""A search for better settings of the integer rule, on training samples that are not learned.

Each generation draws settings around the best so far; the first draws around the configuration, or `--start`. All that was
tried is in the result: how many runs a search had is half of what its best is worth. The best of many is also the luckiest of
them: try it from other seeds (`settings-sweep`) before it is believed. The test set is not touched.
"""

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import typer

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.experiments.continual.learners import engine_of
from sw.experiments.continual.options import StreamOptions, stream_command
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.settings_sweep import OF_OTHERS, variant
from sw.experiments.continual.streams import STREAMS, stream_named
from sw.experiments.continual.sweep import By, sweep
from sw.experiments.continual.trial import TrialNetwork
from sw.experiments.pictures.sweeps import headline
from sw.experiments.results import UNFINISHED, ResultFile
from sw.terminal.speech import say

START = "as it is"
SEARCHED = ("learning_rate", "metaplasticity", "saturation", "margin", "window", "gate", "init_range")
CHANGED = 0.5  # of the numbers, in a draw
DIGITS = 3


@stream_command(without=OF_OTHERS, tasks=1, seeds=1)
def experiment(
    options: StreamOptions,
    start: Annotated[str, typer.Option(help='Over the configuration, as in "margin = 20, window = 4".', metavar="A")] = "",
    generations: Annotated[int, typer.Option(help="Each draws around the best so far.", min=1, metavar="N")] = 4,
    draws: Annotated[int, typer.Option(help="Settings of a generation.", min=1, metavar="N")] = 8,
    width: Annotated[float, typer.Option(help="Standard deviation of a change, as a share.", min=0, metavar="W")] = 0.2,
    search_seed: Annotated[int, typer.Option(help="Of what is drawn.", min=0, metavar="S")] = 1,
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(STREAMS)}.", metavar="NAME")] = "permuted-mnist",
) -> int:
    """Settings drawn around the best so far, one pass of the chip for each, tested on held-out training samples."""
    build = stream_named(stream)
    options = replace(options, validation=True)
    base = variant(TrialNetwork.like(options.network() or Network.of()), start)
    scale = options.scale(
        Scale(tasks=1, samples=None, test_samples=None, epochs=1, hidden=base.layers[1:-1], metaplasticity=0.0)
    )
    result = ResultFile.prepared("settings-search", options.json, config=options.config)
    engine_of(options.engine)
    say(scale.words())
    size: dict[str, Any] = {"scale": options.size(scale), "last": options.counted(scale), "stream": stream}
    size |= {"generations": generations, "draws": draws, "width": width, "search_seed": search_seed}
    random = np.random.default_rng(search_seed)
    best, networks, trials = START, {START: base}, {}

    def content(by: By) -> dict[str, Any]:
        trials.update(by)
        to_come = 1 + draws * generations - len(networks)
        return size | {"by_trial": dict(trials)} | ({UNFINISHED: [f"{to_come} settings to be drawn"]} if to_come else {})

    for number in range(generations):
        drawn = {} if number else {START: base}
        while len({**networks, **drawn}) < 1 + draws * (number + 1):
            name, network = draw(base, networks[best], width, random)
            drawn[name] = network
        networks |= drawn
        plans = {name: replace(options.plan(build, scale, network), brief=True) for name, network in drawn.items()}
        sweep(plans, options.where(), result, content, f"generation {number}")
        best = max(trials, key=lambda name: trials[name]["chip"]["metrics"][headline(trials)]["mean"])
    return 0


def draw(base: TrialNetwork, around: TrialNetwork, width: float, random: np.random.Generator) -> tuple[str, TrialNetwork]:
    """Settings near those of `around` in the words of `settings-sweep`, and `base` with them.

    Each number of `SEARCHED` is kept or multiplied by e^x, x normal with the standard deviation `width`, as likely; integers
    by at least one. What the contract refuses is drawn again.
    """
    known = around.fields()
    while True:
        words = ", ".join(f"{name} = {_near(known[name], width, random)}" for name in SEARCHED if known[name] != [])
        try:
            return words, variant(base, words)
        except ContractError:
            continue


def _near(value: Any, width: float, random: np.random.Generator) -> Any:
    if isinstance(value, list):
        return [_near(one, width, random) for one in value]
    moved = value * np.exp(random.normal(0, width))
    if random.random() >= CHANGED:
        return value
    if isinstance(value, int):
        return max(1, value + (-1 if moved < value else 1) * max(1, round(abs(moved - value))))
    return float(f"{moved:.{DIGITS}g}")
