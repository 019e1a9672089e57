"""The integer rule's settings, one change at a time, on training samples that are not learned.

Every setting is one that the configuration file has, so that whatever wins runs on the gateware as it is. Two are for
comparison: `shape` is not in that file, but in the tables that the host loads (`table_shapes`), and `rule` would need other
gateware (`other_rules`). The test set is not touched: the last 10,000 training
samples take its place.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.contract.error import ContractError, shown
from sw.contract.network import Network
from sw.contract.parsing import parse_toml
from sw.experiments.continual.command import Count, Engine, FashionFolder, FewSeeds, FirstSeed, Json, finish, prepare
from sw.experiments.continual.comparison import Outcome, Plan, as_json, compare, in_per_cent
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.streams import Build, fashion_mnist, permuted_mnist
from sw.experiments.continual.student import engine_of, rule_of
from sw.experiments.continual.trial import TrialNetwork
from sw.host.error import InputError
from sw.terminal.opening import read_network
from sw.terminal.options import Config
from sw.terminal.speech import say, tell

NAME = "settings-sweep"
STREAMS: dict[str, Build] = {"permuted-mnist": permuted_mnist, "fashion-mnist": fashion_mnist}
FIXED = ("layers", "init_seed", "prng")


def experiment(
    variants: Annotated[str, typer.Option(help='As in "margin = 20; margin = 20, window = 4".', metavar="A; B; ...")],
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(STREAMS)}.", metavar="NAME")] = "permuted-mnist",
    tasks: Annotated[int, typer.Option(help="Tasks, one pass each.", min=1, metavar="N")] = 1,
    samples: Count = None,
    test_samples: Count = None,
    config: Config = None,
    last: Annotated[int | None, typer.Option(help="Accuracy is over the last K tasks; all.", min=1, metavar="K")] = None,
    look_back: Annotated[int | None, typer.Option(help="Test only the K newest tasks, all at the end.", min=1)] = None,
    seeds: FewSeeds = 3,
    seed: FirstSeed = 1,
    fashion_folder: FashionFolder = Path("data/fashion-mnist"),
    engine: Engine = "twin",
    json: Json = None,
) -> int:
    """One pass of the chip for each variant of its settings, tested on held-out training samples."""
    began = time.monotonic()
    if stream not in STREAMS:
        raise InputError(f"--stream is {stream}, expected {' or '.join(STREAMS)}")
    if last is not None and last > tasks:
        raise InputError(f"--last is {last}, expected 1 to {tasks}, the number of tasks")
    base = TrialNetwork.like(read_network(config) if config else Network.of())
    networks = {"as it is": base} | {words: variant(base, words) for words in variants.split(";") if words.strip()}
    scale = Scale(
        tasks=tasks, samples=samples, test_samples=test_samples, epochs=1, hidden=base.layers[1:-1], metaplasticity=0.0
    )
    path = prepare(json, NAME, config=config)
    for network in networks.values():
        engine_of(engine, rule_of(network))  # refused before anything is learned
    say(scale.words())
    found: dict[str, Outcome] = {}
    written: dict[str, Any] = {}
    for words, network in networks.items():
        plan = Plan(
            build=STREAMS[stream],
            sources=Sources(validation=True, fashion_folder=fashion_folder),
            scale=scale,
            methods=["chip"],
            seeds=range(seed, seed + seeds),
            network=network,
            last=last,
            look_back=look_back,
            engine=engine,
        )
        name = " ".join(words.split())
        found[name] = compare(plan)["chip"]
        written[name] = as_json({"chip": found[name]}, plan.seeds, last or tasks, histograms=False)
        tell(f"{name}: {in_per_cent(found[name].metrics['accuracy'])}")
    size = scale.as_json(full=False, grey=False, seeds=range(seed, seed + seeds)) | {"validation": True}
    finish(path, NAME, began, {"scale": size, "stream": stream, "last": last or tasks, "by_variant": written})
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
