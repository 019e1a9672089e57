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
}
