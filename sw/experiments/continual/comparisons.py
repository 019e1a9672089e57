"""The comparisons of methods, one stream of tasks each: what it is made of, how large it is, who learns it by default.

The sizes are for a CPU; `--full` has the paper's.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sw.experiments.continual import streams
from sw.experiments.continual.comparison import as_json, table
from sw.experiments.continual.options import StreamOptions, stream_command
from sw.experiments.continual.runs import Runs, write_as_they_come
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import Build
from sw.experiments.pictures.comparison import STEMS
from sw.experiments.results import ResultFile
from sw.terminal.speech import say, tell

SHOWN = ("held_out", "accuracy", "accuracy_when_new", "newest_accuracy", "backward_transfer", "forgetting")


def comparison(name: str, about: str, build: Build, *, scaled: Scale, full: Scale, methods: str) -> Callable[..., int]:
    """The experiment `name`: `methods` by default on the stream of `build`. `about` is what `--help` says."""

    def experiment(options: StreamOptions) -> int:
        scale, network = options.scale(scaled, full), options.network()
        if network and options.hidden is None:
            scale = replace(scale, hidden=network.layers[1:-1])
        plan = options.plan(build, scale, network)
        result = ResultFile.prepared(name, options.json, STEMS, config=options.config, features=options.features)
        say(scale.words())
        runs = Runs({"": plan})

        def content(runs: Runs) -> dict[str, Any]:
            return {"scale": options.size(scale), "last": plan.last, "methods": as_json(runs.outcomes(), plan)}

        write_as_they_come(runs, options.where(), "runs", result, content)
        outcomes = runs.outcomes()
        tell(table(outcomes, [metric for metric in SHOWN if metric in next(iter(outcomes.values())).metrics]))
        return 0

    experiment.__doc__ = about
    return stream_command(methods=methods)(experiment)


# The paper's first result (its figure 2 and table 1).
permuted_mnist = comparison(
    "compare-permuted-mnist",
    "Permuted MNIST, a permutation a task: the rule, its baselines and the chip.",
    streams.permuted_mnist,
    scaled=Scale(tasks=6, samples=5000, test_samples=2000, epochs=2, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=6, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=1.35),
    methods="plain,metaplastic,metaplastic-task-free,ewc,random,si,joint,plain-batch-1,metaplastic-batch-1,chip",
)

_TWO_SETS = {
    "scaled": Scale(tasks=2, samples=10_000, test_samples=2000, epochs=3, hidden=(500,), metaplasticity=3.0),
    "full": Scale(tasks=2, samples=None, test_samples=None, epochs=50, hidden=(4096, 4096), metaplasticity=1.5),
    "methods": "plain,metaplastic,metaplastic-task-free,joint,plain-batch-1,metaplastic-batch-1,chip-plain,chip",
}
mnist_fashion = comparison(
    "compare-mnist-fashion",
    "MNIST, then Fashion-MNIST on the same ten outputs; with --tasks 3 MNIST again.",
    streams.mnist_fashion,
    **_TWO_SETS,
)
# The paper's supplement: the other way round is not the same.
fashion_mnist = comparison(
    "compare-fashion-mnist", "Fashion-MNIST, then MNIST on the same ten outputs.", streams.fashion_mnist, **_TWO_SETS
)

# The paper's stream learning: `joint` is what a network can learn that may look back. Nothing is told of tasks, as published.
fashion_subsets = comparison(
    "compare-fashion-stream",
    "Fashion-MNIST in subsets that come one after the other, against all of it at once.",
    streams.fashion_subsets,
    scaled=Scale(tasks=60, samples=None, test_samples=1000, epochs=1, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=60, samples=None, test_samples=None, epochs=20, hidden=(1024, 1024), metaplasticity=2.5),
    methods="plain-task-free,metaplastic-task-free,joint-task-free,chip-plain,chip",
)

split_mnist = comparison(
    "compare-split-mnist",
    "Split MNIST, domain-incremental: five pairs of digits on the same two outputs.",
    streams.split_mnist,
    scaled=Scale(tasks=5, samples=5000, test_samples=None, epochs=2, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=5, samples=None, test_samples=None, epochs=10, hidden=(4096, 4096), metaplasticity=1.35),
    methods="plain,metaplastic,metaplastic-task-free,ewc,si,joint,plain-batch-1,metaplastic-batch-1,chip",
)

# One head, ten outputs, nobody is told which classes there were: what is known of all ten at the end is `held_out`.
class_incremental = comparison(
    "compare-class-incremental",
    "The ten digits, some at a time, on ten outputs: what is known of all of them at the end.",
    streams.class_incremental,
    scaled=Scale(tasks=5, samples=None, test_samples=None, epochs=1, hidden=(500,), metaplasticity=2.0),
    full=Scale(tasks=5, samples=None, test_samples=None, epochs=1, hidden=(4096, 4096), metaplasticity=1.35),
    methods="plain-batch-1,metaplastic-batch-1,ewc-batch-1,si-batch-1,chip-plain,chip",
)

# The paper's CIFAR-10 figure. The features are not part of this project: made-up ones run the code and say nothing of CIFAR.
features = comparison(
    "compare-features",
    "Five classes, then five others, from features in an .npz; made-up ones by default, which say nothing of CIFAR.",
    streams.feature_halves,
    scaled=Scale(tasks=2, samples=2000, test_samples=None, epochs=3, hidden=(256,), metaplasticity=3.0),
    full=Scale(tasks=2, samples=None, test_samples=None, epochs=10, hidden=(2048,), metaplasticity=1.8),
    methods="plain,metaplastic,metaplastic-task-free,joint",
)
