"""Rehearsal (clause 19): after new samples, some of those seen before are learned again, out of a reservoir.

Which record is rehearsed and which one is replaced depends on counts and on a random word alone, never on the samples, so that
whoever carries rehearsal out, a board with a memory or its host, does the same.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sw.contract import prng
from sw.contract.error import require_integer

MOST_RECORDS = 1 << 20
MOST_EVERY = 65535
MOST_PER = 16
DEFAULT_PRNG = 88675123
LONGEST_HORIZON = (1 << 32) - 1


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """How much is kept, and how often one of it is learned again. Raises `ContractError`.

    `size` R (0 … 2^20) records; 0 switches rehearsal off. After every `every` E (1 … 65535) new samples `per` P (1 … 16)
    records are rehearsed. `horizon` N (0, or R … 2^32 - 1): a new sample is kept with a probability that never falls below
    R / N, so that the reservoir holds the last N samples or so; with 0 every sample of the stream is as likely to be in it.
    `prng` (1 … 2^32 - 1) is the first random word.
    """

    size: int = 0
    every: int = 1
    per: int = 1
    horizon: int = 0
    prng: int = DEFAULT_PRNG

    def __post_init__(self) -> None:
        limits = {
            "size": (0, MOST_RECORDS),
            "every": (1, MOST_EVERY),
            "per": (1, MOST_PER),
            "horizon": (0, LONGEST_HORIZON),
            "prng": (1, prng.MASK),
        }
        for name, (low, high) in limits.items():
            object.__setattr__(self, name, require_integer(f"{name} of the rehearsal", getattr(self, name), low, high))
        if self.horizon:
            require_integer("horizon of the rehearsal", self.horizon, self.size, LONGEST_HORIZON)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields by name, as in the TOML file."""
        return asdict(self)

    def with_options(self, *values: int | None) -> "Rehearsal":
        """This, with those fields replaced that are given: `values` in the order of the fields, None for one that stays."""
        given = zip(self.fields, values, strict=True)
        return Rehearsal(**self.fields | {name: value for name, value in given if value is not None})

    def rehearsed(self, seen: int, count: int) -> int:
        """How many samples are rehearsed after `count` new ones, of which `seen` have been before."""
        behind, before = seen + count, max(seen, 1)  # after the very first sample there is no record yet
        return self.per * max(0, behind // self.every - before // self.every) if self.size else 0


NONE = Rehearsal()
"""No rehearsal: what a configuration means that does not speak of it."""


class Draws:
    """The random choices of a run: for each new sample, which records are rehearsed after it and where it is kept.

    Members: `seen`, new training samples so far, modulo 2^64; `word`, the random word.
    """

    def __init__(self, rehearsal: Rehearsal, seen: int = 0, word: int | None = None) -> None:
        self.rehearsal = rehearsal
        self.seen = seen
        self.word = rehearsal.prng if word is None else word

    @property
    def filled(self) -> int:
        """Records in the reservoir."""
        return min(self.seen, self.rehearsal.size)

    def next(self) -> tuple[list[int], int | None]:
        """Of the next new sample: the records rehearsed after it, in order, and the record that it becomes, None for none."""
        r, seen, filled = self.rehearsal, self.seen, self.filled
        rehearsed = []
        if filled and (seen + 1) % r.every == 0:
            rehearsed = [self._below(filled) for _ in range(r.per)]
        place = seen if seen < r.size else self._below(min(seen + 1, r.horizon or LONGEST_HORIZON))
        self.seen = seen + 1
        return rehearsed, place if place < r.size else None

    def _below(self, limit: int) -> int:
        """A number 0 … limit - 1, from a new random word."""
        self.word = prng.step(self.word)
        return self.word * limit >> 32
