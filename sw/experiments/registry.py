"""The experiments by name. Modules are named, not imported: the list must not cost the import of a single one."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Experiment:
    """`function`, "MODULE:NAME", has typer's annotations; `about` is one sentence."""

    function: str
    about: str

    def load(self) -> Callable[..., Any]:
        """The function that runs it; returns an exit status."""
        return pkgutil.resolve_name(self.function)


EXPERIMENTS = {
    "vertical-slice": Experiment(
        "sw.experiments.run:experiment", "two tasks in turn through host, link and simulated board, beside the twin (make run)"
    ),
    "permuted-mnist": Experiment(
        "sw.experiments.permuted_mnist:experiment",
        "a new permutation of the pixels for each task, on any board: what is remembered",
    ),
    "class-incremental": Experiment(
        "sw.experiments.class_incremental:experiment",
        "the ten digits, some at a time: what is known of all of them at the end, with and without rehearsal",
    ),
    "compare-permuted-mnist": Experiment(
        "sw.experiments.continual.comparisons:permuted_mnist",
        "permuted MNIST: the paper's rule, EWC, SI, joint training and the chip",
    ),
    "compare-mnist-fashion": Experiment(
        "sw.experiments.continual.comparisons:mnist_fashion", "MNIST, then Fashion-MNIST on the same outputs, and back"
    ),
    "compare-fashion-mnist": Experiment("sw.experiments.continual.comparisons:fashion_mnist", "Fashion-MNIST, then MNIST"),
    "compare-fashion-stream": Experiment(
        "sw.experiments.continual.comparisons:fashion_subsets",
        "Fashion-MNIST in 60 subsets, each seen once, against all of it at once",
    ),
    "compare-split-mnist": Experiment(
        "sw.experiments.continual.comparisons:split_mnist", "five pairs of digits on the same two outputs, domain-incremental"
    ),
    "compare-class-incremental": Experiment(
        "sw.experiments.continual.comparisons:class_incremental",
        "the ten digits, some at a time, on ten outputs: baselines and the chip, with and without stored samples",
    ),
    "compare-features": Experiment(
        "sw.experiments.continual.comparisons:features",
        "half of the classes, then the others, from features of another network",
    ),
    "metaplasticity-curve": Experiment(
        "sw.experiments.continual.metaplasticity_curve:experiment", "forgetting against the strength m of the rule"
    ),
    "width-curve": Experiment(
        "sw.experiments.continual.width_curve:experiment", "how many tasks a network of a width can hold"
    ),
    "settings-sweep": Experiment(
        "sw.experiments.continual.settings_sweep:experiment",
        "changes of the chip's settings, tried on held-out training samples",
    ),
    "settings-search": Experiment(
        "sw.experiments.continual.settings_search:experiment",
        "better settings of the chip, drawn around the best so far, tried on held-out training samples",
    ),
    "methods-sweep": Experiment(
        "sw.experiments.continual.methods_sweep:experiment",
        "settings of methods in floating point, every combination of values, tried on held-out training samples",
    ),
    "sample-value": Experiment(
        "sw.experiments.continual.sample_value:experiment",
        "what a stored sample is worth: accuracy against records and rehearsals, with the rule and without it",
    ),
    "prototype-rows": Experiment(
        "sw.experiments.continual.prototype_rows:experiment",
        "classes one after the other, nothing stored: several output rows a class on a hidden layer that is fixed",
    ),
    "switching": Experiment(
        "sw.experiments.continual.switching:experiment",
        "flip binary weights by the size of their hidden weight: what the loss does",
    ),
    "quadratic-task": Experiment(
        "sw.experiments.continual.quadratic:experiment",
        "the quadratic binary task of the paper's theory, simulated and analytic",
    ),
}
