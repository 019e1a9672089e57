"""The integer rule's settings, one change at a time, on training samples that are not learned.

Every setting is one that the configuration file has, so that whatever wins runs on the gateware as it is. Three are for
comparison: `shape` is not in that file, but in the tables that the host loads (`table_shapes`), `rule` would need other
gateware (`other_rules`), and `abstain` another inference (`abstaining`). The test set is not touched: the last 10,000 training
samples take its place.
"""

from dataclasses import replace
from typing import Annotated

import typer

from sw.contract.error import ContractError, shown
from sw.contract.network import Network
from sw.contract.parsing import parse_toml
from sw.experiments.continual.learners import engine_of, rule_of
from sw.experiments.continual.options import StreamOptions, stream_command
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import STREAMS, stream_named
from sw.experiments.continual.sweep import sweep
from sw.experiments.continual.trial import TrialNetwork
from sw.experiments.results import ResultFile
from sw.host.error import InputError
from sw.terminal.speech import say

FIXED = ("layers", "init_seed", "prng")
OF_OTHERS = (
    "full",
    "epochs",
    "hidden",
    "metaplasticity",
    "methods",
    "changes",
    "device",
    "grey",
    "validation",
    "features",
    "mnist_folder",
)


@stream_command(without=OF_OTHERS, tasks=1)
def experiment(
    options: StreamOptions,
    variants: Annotated[str, typer.Option(help='As in "margin = 20; margin = 20, window = 4".', metavar="A; B; ...")],
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(STREAMS)}.", metavar="NAME")] = "permuted-mnist",
) -> int:
    """One pass of the chip for each variant of its settings, tested on held-out training samples."""
    build = stream_named(stream)
    options = replace(options, validation=True)
    base = TrialNetwork.like(options.network() or Network.of())
    networks = {"as it is": base}
    networks |= {" ".join(words.split()): variant(base, words) for words in variants.split(";") if words.strip()}
    scale = options.scale(
        Scale(tasks=1, samples=None, test_samples=None, epochs=1, hidden=base.layers[1:-1], metaplasticity=0.0)
    )
    plans = {name: options.plan(build, scale, network) for name, network in networks.items()}
    result = ResultFile.prepared("settings-sweep", options.json, config=options.config)
    for network in networks.values():
        engine_of(options.engine, rule_of(network))  # refused before anything is learned
    say(scale.words())
    size = {"scale": options.size(scale), "last": options.counted(scale), "stream": stream}
    sweep(plans, options.where(), result, lambda by: {**size, "by_variant": by})
    return 0


def variant(base: TrialNetwork, words: str) -> TrialNetwork:
    """`base` with the settings of `words`: one of a configuration's file, or several with commas between them.

    A list may be given as one number for all its layers. Raises `InputError`, `ContractError` for a value out of range.
    """
    try:
        given = parse_toml(f"given = {{ {words.strip()} }}", "it")["given"]
    except ContractError as error:
        told = shown(words.strip())
        raise InputError(f"--variants has {told}, expected settings in TOML with semicolons between them: {error}") from error
    known = base.fields()
    free = [name for name in known if name not in FIXED]
    if unknown := [name for name in given if name not in free]:
        raise InputError(f"--variants names {', '.join(unknown)}, expected some of {', '.join(free)}")
    for name, value in given.items():
        if isinstance(known[name], list):
            given[name] = tuple(value if isinstance(value, list) else [value] * len(known[name]))
    return replace(base, **given)
