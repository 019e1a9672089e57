"""The switching test (the paper's figure 5): flip binary weights by the size of their hidden weight, see the loss.

If |hidden weight| is importance, the loss grows more for larger ones. The network learns MNIST first; the loss is that
of training samples, as in the paper.
"""

from typing import Annotated, Any

import typer

from sw.experiments.continual.methods import settings_of
from sw.experiments.continual.options import NOT_MNIST, REHEARSAL, StreamOptions, stream_command
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.metrics import spread
from sw.experiments.pictures.theory import mean_costs
from sw.experiments.results import ResultFile
from sw.experiments.seeds import Seeds
from sw.host.error import InputError
from sw.reference.learner import Learner
from sw.reference.switching import switching_test
from sw.terminal.speech import say, tell

SCALED = Scale(tasks=1, samples=10_000, test_samples=2000, epochs=5, hidden=(500,), metaplasticity=1.35)
FULL = Scale(tasks=1, samples=None, test_samples=None, epochs=40, hidden=(1024, 1024), metaplasticity=1.35)
OF_OTHERS = (
    "tasks",
    "methods",
    "config",
    "last",
    "look_back",
    "validation",
    "engine",
    "workers",
    "scheduler",
    *REHEARSAL,
    *NOT_MNIST,
)


@stream_command(without=OF_OTHERS)
def experiment(
    options: StreamOptions,
    method: Annotated[str, typer.Option(help="A floating-point method.", metavar="NAME")] = "metaplastic-task-free",
    bins: Annotated[int, typer.Option(help="Equal parts of the largest hidden weight.", min=1, metavar="N")] = 15,
    flips: Annotated[str, typer.Option(help="Weights switched at once, by layer.", metavar="N,N,...")] = "1000,100",
    repetitions: Annotated[int | None, typer.Option(help="Draws of those weights.", min=1, metavar="N")] = None,
) -> int:
    """Learn MNIST, then switch weights of about equal hidden weight and measure how the loss grows.

    `--test-samples`: the training samples that the loss is of.
    """
    scale = options.scale(SCALED, FULL)
    counts = flips_of(flips, len(scale.hidden) + 1)
    drawn = repetitions or (100 if options.full else 5)
    result = ResultFile.prepared("switching", options.json, [""])
    say(f"{scale.words()}; {bins} bins, {', '.join(map(str, counts))} weights switched at once")
    runs = [run(options, scale, method, counts, seed, bins=bins, repetitions=drawn) for seed in options.each_seed()]
    result.write({"scale": options.size(scale), "method": method, "flips": list(counts), "bins": bins, "runs": runs})
    for layer in range(len(counts)):
        small, large = (spread([mean_costs(one)[layer][end] for one in runs])["mean"] for end in (0, -1))
        tell(f"layer {layer + 1}: loss a switched weight {small:.3g} in the smallest bin, {large:.3g} in the largest")
    return 0


def flips_of(text: str, depth: int) -> tuple[int, ...]:
    """How many weights of each layer are switched at once; of two numbers the first is for all but the last layer."""
    counts = parse_sizes("--flips", text)
    if len(counts) == 2:
        counts = counts[:1] * (depth - 1) + counts[-1:]
    if len(counts) != depth:
        raise InputError(f"--flips has {len(counts)} numbers, expected {depth}, one a layer, or 2: hidden and last layer")
    return counts


def run(
    options: StreamOptions, scale: Scale, method: str, flips: tuple[int, ...], seed: int, *, bins: int, repetitions: int
) -> dict[str, Any]:
    """Learn from one seed, switch weights of every layer: one run of the result."""
    stream = permuted_mnist(options.sources(), 1, seed)
    layers = (stream.inputs, *scale.hidden, stream.classes)
    settings = settings_of(method, layers, scale.metaplasticity, scale.epochs, options.changes or [])
    learner = Learner(settings, Seeds.of(seed, 1).init_seed, options.device, stream.scale)
    inputs, labels = stream.tasks[0].training(scale.samples)
    learner.learn(inputs, labels, stream.tasks[0].orders(settings.epochs, len(labels)))
    accuracy = learner.accuracy(*stream.tasks[0].testing(None))
    say(f"seed {seed}: {accuracy:.2%} on the test set")
    seen = inputs[: scale.test_samples], labels[: scale.test_samples]
    tested = [
        switching_test(learner, layer, *seen, bins=bins, flips=count, repetitions=repetitions, seed=seed)
        for layer, count in enumerate(flips)
    ]
    written = [[part.as_json() for part in layer] for layer in tested]
    return {"seed": seed, "test_accuracy": accuracy, "layers": written, "settings": settings.fields()}
