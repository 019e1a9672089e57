"""How large an experiment is: scaled to a CPU by default, as large as in the paper by option."""

from dataclasses import asdict, dataclass
from typing import Any

from sw.contract.error import require, require_integer
from sw.host.error import InputError


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Sizes of an experiment. None stands for all there is.

    tasks; samples, test_samples of each; epochs of the regimes that have several; hidden layers; metaplasticity, the m
    of metaplastic floating-point methods, which must be larger where hidden weights have less time to grow.
    """

    tasks: int
    samples: int | None
    test_samples: int | None
    epochs: int
    hidden: tuple[int, ...]
    metaplasticity: float

    def __post_init__(self) -> None:
        require_integer("tasks", self.tasks, 1, 100_000)
        for name in ("samples", "test_samples"):
            if getattr(self, name) is not None:
                require_integer(name, getattr(self, name), 1, 2**31)
        require_integer("epochs", self.epochs, 1, 100_000)
        for size in self.hidden:
            require_integer("hidden", size, 1, 65535)
        require(0 <= self.metaplasticity < float("inf"), f"metaplasticity is {self.metaplasticity}, expected >= 0")

    def words(self) -> str:
        """For the person who waits."""
        samples, tests = ("all" if count is None else f"{count}" for count in (self.samples, self.test_samples))
        return (
            f"{self.tasks} tasks, {samples} training samples of each, {self.epochs} epochs (one at batch 1), "
            f"hidden layers {'-'.join(map(str, self.hidden)) or 'none'}, {tests} test samples, m {self.metaplasticity:g}"
        )

    def as_json(self) -> dict[str, Any]:
        """For the result."""
        return asdict(self) | {"hidden": list(self.hidden)}


def parse_sizes(option: str, text: str) -> tuple[int, ...]:
    """Integers in a list with commas; empty: none. Raises `InputError`."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(f"{option} is {text!r}, expected whole numbers with commas between them") from error


def parse_numbers(option: str, text: str) -> tuple[float, ...]:
    """Numbers in a list with commas, at least one. Raises `InputError`."""
    try:
        numbers = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(f"{option} is {text!r}, expected numbers with commas between them") from error
    if not numbers:
        raise InputError(f"{option} is empty, expected at least one number")
    return numbers
