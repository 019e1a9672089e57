"""Forgetting against m: how much is kept and how much is learned as the rule gets stronger, floating point and chip."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.contract.network import Network
from sw.experiments.continual.command import (  # fmt: skip
    Changes,
    Count,
    Device,
    Engine,
    FewSeeds,
    FirstSeed,
    Full,
    Grey,
    Json,
    MnistFolder,
    finish,
    prepare,
)
from sw.experiments.continual.comparison import Outcome, Plan, as_json, compare, in_per_cent
from sw.experiments.continual.methods import METHODS, parse_methods
from sw.experiments.continual.scale import Scale, parse_numbers
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.streams import permuted_mnist
from sw.figures import curves, style
from sw.host.error import InputError
from sw.terminal.speech import say, tell

NAME = "metaplasticity-curve"
SCALED = Scale(tasks=4, samples=5000, test_samples=1000, epochs=2, hidden=(500,), metaplasticity=0.0)
FULL = Scale(tasks=6, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=0.0)
SHOWN = {"accuracy": "Mean accuracy at the end", "accuracy_when_new": "Accuracy when new", "forgetting": "Forgetting"}


def experiment(
    full: Full = False,
    values: Annotated[str, typer.Option(help="The values of m.", metavar="M,M,...")] = "0,0.5,1,1.35,2,3,4,6",
    methods: Annotated[str, typer.Option(help="Metaplastic ones, with commas.")] = "metaplastic,metaplastic-task-free,chip",
    tasks: Count = None,
    samples: Count = None,
    test_samples: Count = None,
    epochs: Count = None,
    hidden: Annotated[str | None, typer.Option(help="Hidden layers, as in 512,512.", metavar="SIZES")] = None,
    changes: Changes = None,
    seeds: FewSeeds = 3,
    seed: FirstSeed = 1,
    grey: Grey = False,
    mnist_folder: MnistFolder = Path("data/mnist"),
    device: Device = "cpu",
    engine: Engine = "twin",
    json: Json = None,
) -> int:
    """Permuted MNIST for several m: accuracy at the end, accuracy when new, forgetting."""
    began = time.monotonic()
    numbers, names = parse_numbers("--values", values), parse_methods(methods)
    if still := [name for name in names if not METHODS[name].metaplastic]:
        raise InputError(f"--methods has {', '.join(still)}, expected methods with the metaplastic rule")
    scale = (FULL if full else SCALED).with_options(
        hidden, tasks=tasks, samples=samples, test_samples=test_samples, epochs=epochs
    )
    path = prepare(json, NAME, [""])
    say(f"{scale.words()}, in its place {', '.join(f'{m:g}' for m in numbers)}")
    found: dict[float, dict[str, Outcome]] = {}
    written: dict[str, Any] = {}
    for m in numbers:
        plan = Plan(
            build=permuted_mnist,
            sources=Sources(grey=grey, mnist_folder=mnist_folder),
            scale=replace(scale, metaplasticity=m),
            methods=names,
            seeds=range(seed, seed + seeds),
            changes=changes or (),
            network=Network.of(layers=(784, *scale.hidden, 10), metaplasticity=(m,) * (len(scale.hidden) + 1)),
            device=device,
            engine=engine,
        )
        say(f"m = {m:g}")
        found[m] = compare(plan)
        written[f"{m:g}"] = as_json(found[m], plan.seeds, scale.tasks, histograms=False)
    size = scale.as_json(full=full, grey=grey, seeds=range(seed, seed + seeds))
    finish(path, NAME, began, {"scale": size, "values": list(numbers), "by_m": written})
    style.save(curves.draw([_panel(metric, title, found, names) for metric, title in SHOWN.items()]), path.with_suffix(""))
    for name in names:
        words = (f"m {m:g}: {in_per_cent(found[m][name].metrics['accuracy'])}" for m in numbers)
        tell(f"{name}: mean accuracy at the end, {', '.join(words)}")
    return 0


def _panel(metric: str, title: str, found: dict[float, dict[str, Outcome]], names: list[str]) -> curves.Panel:
    lines = []
    for name in names:
        spreads = [outcomes[name].metrics[metric] for outcomes in found.values()]
        lines.append(curves.Line.of_spreads(name, list(found), spreads))
    return curves.Panel(title=title, across="m", up=metric.replace("_", " "), lines=lines, whole=False)
