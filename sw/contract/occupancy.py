"""What of a sample memory is taken, and which requests for it make sense: checked before anything is sent or changed."""

from collections.abc import Sequence
from typing import NamedTuple

from sw.contract.error import require, require_integer
from sw.contract.sample_memory import capacity


class Stretch(NamedTuple):
    """What playback tells of some records, one after another: how many, and of how many the class was predicted."""

    samples: int
    correct: int


class Occupancy:
    """The sample memory of a board whose network has `inputs` pixels. Every check raises `ContractError`.

    Members: `capacity`, records that it holds; `records` of the library; `reserved`, those that rehearsal may keep;
    `permuted`, whether a permutation has been told.
    """

    def __init__(self, memory_bytes: int, inputs: int) -> None:
        self.inputs, self.capacity = inputs, capacity(memory_bytes, inputs)
        self.records = self.reserved = 0
        self.permuted = False

    def check_store(self, first: int, count: int) -> None:
        """Whether `count` samples can be stored as records `first` and following; the library ends behind them."""
        require_integer("first record", first, 0, self.records)
        taken = f", and {self.reserved} are kept for rehearsal" if self.reserved else ""
        told = f"the sample memory holds {self.capacity} records of {self.inputs} pixels{taken}: store fewer samples"
        require(first + count + self.reserved <= self.capacity, f"{first + count} samples do not fit: {told}")

    def check_play(self, first: int, count: int, permuted: bool) -> None:
        """Whether records `first` and following can be played."""
        require_integer("first record", first, 0, self.records)
        require_integer("records to play", count, 0, 2**32 - 1)
        told = f"records {first} to {first + count - 1} cannot be played: {self.records} are stored; store the samples first"
        require(first + count <= self.records, told)
        require(self.permuted or not permuted, "no permutation has been told: give one first")

    def check_permutation(self, permutation: Sequence[int]) -> None:
        """Whether each pixel of the network has one of a record of its own."""
        given = len(permutation)
        require(given == self.inputs, f"the permutation has {given} places, expected {self.inputs}, one for each pixel")
        told = f"the permutation is none: expected each of 0 to {self.inputs - 1} once"
        require(sorted(permutation) == list(range(self.inputs)), told)

    def check_rehearsal(self, size: int) -> None:
        """Whether so many records can be kept for rehearsal."""
        taken = f", and {self.records} samples are stored" if self.records else ""
        told = f"the sample memory holds {self.capacity} records of {self.inputs} pixels{taken}: rehearse with fewer"
        require(size + self.records <= self.capacity, f"{size} records for rehearsal do not fit: {told}")
