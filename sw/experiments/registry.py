"""The experiments by name. Modules are named, not imported: the list must not cost the import of a single one."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Experiment:
    """`module` has a function `experiment` with typer's annotations; `about` is one sentence."""

    module: str
    about: str

    def load(self) -> Callable[..., Any]:
        """The function that runs it; returns an exit status."""
        return importlib.import_module(self.module).experiment


EXPERIMENTS = {
    "vertical-slice": Experiment(
        "sw.experiments.run", "real MNIST through host, link and simulated board, compared with the twin (make run)"
    ),
    "permuted-mnist": Experiment(
        "sw.experiments.permuted_mnist", "a new permutation of the pixels for each task, on the twin: what is remembered"
    ),
    "compare-permuted-mnist": Experiment(
        "sw.experiments.continual.permuted", "permuted MNIST: the paper's rule, EWC, SI, joint training and the chip"
    ),
    "compare-mnist-fashion": Experiment(
        "sw.experiments.continual.mnist_fashion", "MNIST, then Fashion-MNIST on the same outputs, and back"
    ),
    "compare-fashion-mnist": Experiment("sw.experiments.continual.fashion_mnist", "Fashion-MNIST, then MNIST"),
    "compare-fashion-stream": Experiment(
        "sw.experiments.continual.subsets", "Fashion-MNIST in 60 subsets, each seen once, against all of it at once"
    ),
    "compare-split-mnist": Experiment(
        "sw.experiments.continual.split", "five pairs of digits on the same two outputs, domain-incremental"
    ),
    "compare-features": Experiment(
        "sw.experiments.continual.features", "half of the classes, then the others, from features of another network"
    ),
    "metaplasticity-curve": Experiment(
        "sw.experiments.continual.metaplasticity_curve", "forgetting against the strength m of the rule"
    ),
    "width-curve": Experiment("sw.experiments.continual.width_curve", "how many tasks a network of a width can hold"),
    "settings-sweep": Experiment(
        "sw.experiments.continual.settings_sweep", "changes of the chip's settings, tried on held-out training samples"
    ),
    "switching": Experiment(
        "sw.experiments.continual.switching", "flip binary weights by the size of their hidden weight: what the loss does"
    ),
    "quadratic-task": Experiment(
        "sw.experiments.continual.quadratic", "the quadratic binary task of the paper's theory, simulated and analytic"
    ),
}
