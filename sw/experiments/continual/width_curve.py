"""Width against number of tasks: how many tasks a network of a width can hold (the paper's figure 3).

One run of T tasks gives the mean accuracy after 1, 2, … T of them.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

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
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.metrics import spread
from sw.figures import curves, style
from sw.host.error import InputError
from sw.terminal.speech import say, tell

NAME = "width-curve"
SCALED = Scale(tasks=6, samples=3000, test_samples=1000, epochs=2, hidden=(128,), metaplasticity=3.0)
FULL = Scale(tasks=10, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=1.35)
WIDTHS = {False: "64,128,256,512", True: "512,1024,2048,4096"}


def experiment(
    full: Full = False,
    widths: Annotated[str | None, typer.Option(help="Neurons of each hidden layer.", metavar="N,N,...")] = None,
    methods: Annotated[str, typer.Option(help="Names with commas.")] = "metaplastic,ewc,chip",
    tasks: Count = None,
    samples: Count = None,
    test_samples: Count = None,
    epochs: Count = None,
    metaplasticity: Annotated[float | None, typer.Option(help="m of the floating-point rule.", metavar="M")] = None,
    changes: Changes = None,
    seeds: FewSeeds = 3,
    seed: FirstSeed = 1,
    grey: Grey = False,
    mnist_folder: MnistFolder = Path("data/mnist"),
    device: Device = "cpu",
    engine: Engine = "twin",
    json: Json = None,
) -> int:
    """Permuted MNIST for several widths: mean accuracy against the number of tasks learned."""
    began = time.monotonic()
    names, sizes = parse_methods(methods), parse_sizes("--widths", widths or WIDTHS[full])
    if not sizes or any(METHODS[name].joint for name in names):
        raise InputError("--widths is empty or --methods has a joint one, expected widths and methods that learn in turn")
    scale = (FULL if full else SCALED).with_options(
        None, tasks=tasks, samples=samples, test_samples=test_samples, epochs=epochs, metaplasticity=metaplasticity
    )
    path = prepare(json, NAME, [""])
    say(f"{scale.words()}, in their place {', '.join(map(str, sizes))}")
    found: dict[int, dict[str, Outcome]] = {}
    written: dict[str, Any] = {}
    for width in sizes:
        plan = Plan(
            build=permuted_mnist,
            sources=Sources(grey=grey, mnist_folder=mnist_folder),
            scale=replace(scale, hidden=(width,) * len(scale.hidden)),
            methods=names,
            seeds=range(seed, seed + seeds),
            changes=changes or (),
            device=device,
            engine=engine,
        )
        say(f"width {width}")
        found[width] = compare(plan)
        written[str(width)] = as_json(found[width], plan.seeds, scale.tasks, histograms=False)
    size = scale.as_json(full=full, grey=grey, seeds=range(seed, seed + seeds))
    finish(path, NAME, began, {"scale": size, "widths": list(sizes), "by_width": written})
    style.save(curves.draw([_panel(name, found) for name in names]), path.with_suffix(""))
    for name in names:
        words = (f"{width}: {in_per_cent(found[width][name].metrics['accuracy'])}" for width in sizes)
        tell(f"{name}: mean accuracy of {scale.tasks} tasks at the end by width, {', '.join(words)}")
    return 0


def _panel(name: str, found: dict[int, dict[str, Outcome]]) -> curves.Panel:
    lines = []
    for width, outcomes in found.items():
        rows = [[float(np.mean(course.matrix[i, : i + 1])) for course in outcomes[name].courses]
                for i in range(len(outcomes[name].courses[0].matrix))]  # fmt: skip
        spreads = [spread(row) for row in rows]
        lines.append(curves.Line.of_spreads(f"width {width}", range(1, len(rows) + 1), spreads))
    return curves.Panel(title=name, across="tasks learned", up="mean accuracy", lines=lines)
