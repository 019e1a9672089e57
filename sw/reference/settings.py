"""Everything that a floating-point run is made of, checked where it is made; the defaults are the paper's."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sw.contract.error import require, require_integer
from sw.reference.normalisation import ALONE, NORMALISATIONS, PER_TASK, Normalisation

Consolidation = Literal["none", "ewc", "online-ewc", "random", "si"]
CONSOLIDATIONS: tuple[str, ...] = get_args(Consolidation)
Optimiser = Literal["adam", "sgd"]
Weights = Literal["binary", "hidden"]
Likelihood = Literal["given", "model"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A network and how it learns. Raises `ContractError` that names field, value and limit.

    layers: (n_0, …, n_L). metaplasticity: one m a weight layer. half_width: hidden weights begin uniform in ± it.
    renewed: the optimiser's moments begin anew with every task, as in the published code; task knowledge.
    consolidation: what beside the rule protects old tasks: `ewc` (a penalty for every task), `online-ewc` (one, that
    forgets by `decay` a task), `random` (EWC with each layer's importances shuffled: the paper's control), `si`.
    strength: λ of EWC, c of SI. anchored: whether the penalty is on the binary weights, as in the published code, or
    on the hidden ones. fisher_samples, likelihood: samples of a task that its Fisher information is measured on, with
    the labels that are given (as published) or averaged over those that the model would draw (Kirkpatrick et al.).
    damping: ξ of SI.
    """

    layers: tuple[int, ...]
    metaplasticity: tuple[float, ...]
    normalisation: Normalisation = "running-per-task"
    optimiser: Optimiser = "adam"
    renewed: bool = True
    learning_rate: float = 0.005
    weight_decay: float = 1e-7
    batch: int = 100
    epochs: int = 40
    half_width: float = 0.05
    consolidation: Consolidation = "none"
    strength: float = 5000.0
    decay: float = 1.0
    anchored: Weights = "binary"
    fisher_samples: int = 5000
    likelihood: Likelihood = "given"
    damping: float = 0.1

    def __post_init__(self) -> None:
        require(
            len(self.metaplasticity) == len(self.layers) - 1,
            f"metaplasticity is {list(self.metaplasticity)}, expected {len(self.layers) - 1} numbers: one a weight layer",
        )
        positive = ("learning_rate", "half_width", "damping")
        for name in (*positive, "weight_decay", "strength", "decay"):
            self._check_number(name, getattr(self, name), name in positive)
        for m in self.metaplasticity:
            self._check_number("metaplasticity", m, False)
        for name in ("batch", "epochs", "fisher_samples"):
            object.__setattr__(self, name, require_integer(name, getattr(self, name), 1, 2**31))
        for name, choices in (
            ("normalisation", NORMALISATIONS),
            ("consolidation", CONSOLIDATIONS),
            ("optimiser", get_args(Optimiser)),
            ("anchored", get_args(Weights)),
            ("likelihood", get_args(Likelihood)),
        ):
            value = getattr(self, name)
            require(value in choices, f"{name} is {value!r}, expected one of {', '.join(choices)}")
        require(
            self.batch > 1 or self.normalisation in ALONE,
            f"normalisation is {self.normalisation!r} with a batch of 1, expected {' or '.join(ALONE)}: "
            "one sample has no variance",
        )

    @staticmethod
    def _check_number(name: str, value: float, positive: bool) -> None:
        good = math.isfinite(value) and (value > 0 if positive else value >= 0)
        require(good, f"{name} is {value!r}, expected a finite number {'>' if positive else '>='} 0")

    def task_knowledge(self) -> list[str]:
        """What this run is told about tasks and a chip in the field would not be: one phrase each, none for none."""
        known = []
        if self.normalisation.endswith(PER_TASK):
            known.append("the test names the task: a normalisation state for each")
        if self.renewed and self.optimiser == "adam":
            known.append("the end of a task: the optimiser's moments begin anew")
        if self.consolidation != "none":
            known.append("the end of a task: importances are taken up")
        return known

    def fields(self) -> dict[str, Any]:
        """Every field, as plain lists and numbers."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
