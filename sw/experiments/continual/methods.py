"""The methods that are compared, by name, in five regimes.

| regime | what it is |
|---|---|
| the paper's | Adam, batches of 100, batch normalisation per task, several epochs |
| `-task-free` | the same, but one running normalisation and moments that go on: nothing is told of tasks |
| `-batch-1` | the chip's in floating point: one sample at a time, one pass, gradient descent, no normalisation state |
| `chip`, `chip-plain` | the integers themselves, on the twin, one sample at a time, one pass |
| `chip-epochs`, `chip-plain-epochs` | the same for as many epochs as the paper's regime has |
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from sw.host.error import InputError
from sw.reference.settings import Consolidation, Settings


@dataclass(frozen=True, kw_only=True)
class Method:
    """`metaplastic`: the rule is on; `joint`: all tasks at once, the upper bound; `rehearses`: past samples are learned again
    (contract, clause 19); `integer`: the twin learns, in `one_pass` or for all epochs; `regime`: settings that are not the
    paper's."""

    metaplastic: bool = False
    consolidation: Consolidation = "none"
    joint: bool = False
    rehearses: bool = False
    integer: bool = False
    one_pass: bool = True
    regime: dict[str, Any] = field(default_factory=dict)


_REGULAR = {
    "plain": Method(),
    "metaplastic": Method(metaplastic=True),
    "ewc": Method(consolidation="ewc"),
    "online-ewc": Method(consolidation="online-ewc"),
    "random": Method(consolidation="random"),
    "si": Method(consolidation="si"),
    "joint": Method(joint=True),
}
TASK_FREE: dict[str, Any] = {"normalisation": "running", "renewed": False}
# Gradient descent does not care for the scale of the hidden weights: these are ±0.05 and a rate of 0.1, times 8, so that
# hidden weights, and with them m, are about as large as under Adam.
BATCH_1: dict[str, Any] = {
    "normalisation": "sample",
    "optimiser": "sgd",
    "renewed": False,
    "batch": 1,
    "epochs": 1,
    "learning_rate": 0.8,
    "half_width": 0.4,
    "weight_decay": 0.0,
}
METHODS = {
    **_REGULAR,
    **{f"{name}-task-free": replace(method, regime=TASK_FREE) for name, method in _REGULAR.items()},
    **{f"{name}-batch-1": replace(method, regime=BATCH_1) for name, method in _REGULAR.items()},
    "rehearsal-batch-1": Method(rehearses=True, regime=BATCH_1),
    "metaplastic-rehearsal-batch-1": Method(metaplastic=True, rehearses=True, regime=BATCH_1),
    "chip": Method(metaplastic=True, integer=True),
    "chip-plain": Method(integer=True),
    "chip-epochs": Method(metaplastic=True, integer=True, one_pass=False),
    "chip-plain-epochs": Method(integer=True, one_pass=False),
}

# The published code's λ is for binary weights and a Fisher information averaged over samples. The other strengths and
# the rates of batch 1 are starting points to search from, not results of a search.
STRENGTHS = {"none": 0.0, "ewc": 5000.0, "online-ewc": 5000.0, "random": 5000.0, "si": 0.1}


def parse_methods(text: str) -> list[str]:
    """The names in a list with commas, in its order. Raises `InputError`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise InputError(f"--methods has {', '.join(unknown) or 'none'}, expected some of {', '.join(METHODS)}")
    return list(dict.fromkeys(names))


def settings_of(name: str, layers: tuple[int, ...], metaplasticity: float, epochs: int, changes: list[str]) -> Settings:
    """The settings of a method in floating point, after `changes`: "FIELD=VALUE", or "METHOD:FIELD=VALUE" for one.

    Raises `InputError` for a change that cannot be read, `ContractError` for a value that cannot be.
    """
    method = METHODS[name]
    m = metaplasticity if method.metaplastic else 0.0
    given: dict[str, Any] = {
        "layers": layers,
        "metaplasticity": (m,) * (len(layers) - 1),
        "epochs": epochs,
        "consolidation": method.consolidation,
        "strength": STRENGTHS[method.consolidation],
        "anchored": "hidden" if method.consolidation == "si" else "binary",
    }
    given |= method.regime
    for change in changes:
        where, _, rest = change.rpartition(":")
        name_of_field, equals, value = rest.partition("=")
        if not equals or (where and where not in METHODS):
            raise InputError(f"--set has {change!r}, expected FIELD=VALUE or METHOD:FIELD=VALUE")
        if not where or where == name:
            given[name_of_field] = _value(name_of_field, value, len(layers) - 1)
    return Settings(**given)


def _value(name: str, text: str, depth: int) -> Any:
    kinds = {known.name: known.type for known in fields(Settings) if known.name not in ("layers", "consolidation")}
    if name not in kinds:
        raise InputError(f"--set names the field {name!r}, expected one of {', '.join(kinds)}")
    kind = kinds[name]
    try:
        if name == "metaplasticity":
            numbers = tuple(float(part) for part in text.split(","))
            return numbers * depth if len(numbers) == 1 else numbers
        if kind is bool:
            return {"true": True, "false": False}[text]
        return kind(text) if kind in (int, float) else text
    except (ValueError, KeyError) as error:
        raise InputError(f"--set gives {name} the value {text!r}, which cannot be read") from error
