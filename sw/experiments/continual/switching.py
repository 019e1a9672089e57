"""The switching test (the paper's figure 5): flip binary weights by the size of their hidden weight, see the loss.

If |hidden weight| is importance, the loss grows more for larger ones. The network learns MNIST first; the loss is that
of training samples, as in the paper.
"""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.experiments.continual.command import (  # fmt: skip
    Changes,
    Count,
    Device,
    FewSeeds,
    FirstSeed,
    Full,
    Grey,
    Json,
    MnistFolder,
    finish,
    prepare,
)
from sw.experiments.continual.methods import settings_of
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.metrics import spread
from sw.experiments.permuted_mnist import Seeds
from sw.figures import curves, style
from sw.host.error import InputError
from sw.reference.learner import Learner
from sw.reference.switching import Bin, switching_test
from sw.terminal.speech import say, tell

NAME = "switching"
SCALED = Scale(tasks=1, samples=10_000, test_samples=2000, epochs=5, hidden=(500,), metaplasticity=1.35)
FULL = Scale(tasks=1, samples=None, test_samples=None, epochs=40, hidden=(1024, 1024), metaplasticity=1.35)


def experiment(
    full: Full = False,
    method: Annotated[str, typer.Option(help="A floating-point method.", metavar="NAME")] = "metaplastic-task-free",
    bins: Annotated[int, typer.Option(help="Equal parts of the largest hidden weight.", min=1, metavar="N")] = 15,
    flips: Annotated[str, typer.Option(help="Weights switched at once, by layer.", metavar="N,N,...")] = "1000,100",
    repetitions: Annotated[int | None, typer.Option(help="Draws of those weights.", min=1, metavar="N")] = None,
    samples: Count = None,
    test_samples: Annotated[int | None, typer.Option(help="Training samples that the loss is of.", min=1)] = None,
    epochs: Count = None,
    hidden: Annotated[str | None, typer.Option(help="Hidden layers, as in 512,512.", metavar="SIZES")] = None,
    metaplasticity: Annotated[float | None, typer.Option(help="m of the rule.", metavar="M")] = None,
    changes: Changes = None,
    seeds: FewSeeds = 3,
    seed: FirstSeed = 1,
    grey: Grey = False,
    mnist_folder: MnistFolder = Path("data/mnist"),
    device: Device = "cpu",
    json: Json = None,
) -> int:
    """Learn MNIST, then switch weights of about equal hidden weight and measure how the loss grows."""
    began = time.monotonic()
    scale = (FULL if full else SCALED).with_options(
        hidden, samples=samples, test_samples=test_samples, epochs=epochs, metaplasticity=metaplasticity
    )
    depth = len(scale.hidden) + 1
    counts = parse_sizes("--flips", flips)
    counts = counts[:1] * (depth - 1) + counts[-1:] if len(counts) == 2 else counts
    if len(counts) != depth:
        raise InputError(f"--flips has {len(counts)} numbers, expected {depth}, one a layer, or 2: hidden and last layer")
    path = prepare(json, NAME, [""])
    say(f"{scale.words()}; {bins} bins, {', '.join(map(str, counts))} weights switched at once")
    sources, runs = Sources(grey=grey, mnist_folder=mnist_folder), []
    for one in range(seed, seed + seeds):
        stream = permuted_mnist(sources, 1, one)
        layers = (stream.inputs, *scale.hidden, stream.classes)
        settings = settings_of(method, layers, scale.metaplasticity, scale.epochs, changes or [])
        learner = Learner(settings, Seeds.of(one, 1).init_seed, device, stream.scale)
        inputs, labels = stream.tasks[0].training(scale.samples)
        learner.learn(inputs, labels, stream.tasks[0].orders(settings.epochs, len(labels)))
        accuracy = learner.accuracy(*stream.tasks[0].testing(None))
        say(f"seed {one}: {accuracy:.2%} on the test set")
        chosen = {"bins": bins, "repetitions": repetitions or (100 if full else 5), "seed": one}
        seen = inputs[: scale.test_samples], labels[: scale.test_samples]
        tested = [switching_test(learner, layer, *seen, flips=counts[layer], **chosen) for layer in range(depth)]
        runs.append({"seed": one, "test_accuracy": accuracy, "layers": tested, "settings": settings.fields()})
    size = scale.as_json(full=full, grey=grey, seeds=range(seed, seed + seeds))
    written = [run | {"layers": [[part.as_json() for part in layer] for layer in run["layers"]]} for run in runs]
    finish(path, NAME, began, {"scale": size, "method": method, "flips": list(counts), "bins": bins, "runs": written})
    style.save(curves.draw([_panel(layer, runs) for layer in range(depth)]), path.with_suffix(""))
    for layer in range(depth):
        small, large = (spread([_mean(run["layers"][layer][end]) for run in runs])["mean"] for end in (0, -1))
        tell(f"layer {layer + 1}: loss a switched weight {small:.3g} in the smallest bin, {large:.3g} in the largest")
    return 0


def _mean(part: Bin) -> float:
    return sum(part.increase) / len(part.increase)


def _panel(layer: int, runs: list[dict[str, Any]]) -> curves.Panel:
    lines = []
    for run in runs:
        found: list[Bin] = run["layers"][layer]
        spreads = [spread(part.increase) for part in found]
        places = [part.magnitude for part in found]
        lines.append(curves.Line.of_spreads(f"seed {run['seed']}", places, spreads))
    title = f"Layer {layer + 1}: switching one weight"
    return curves.Panel(
        title=title, across="|hidden weight| / largest", up="growth of the loss", lines=lines, share=False, whole=False
    )
