"""The sample memory of the board in Python: bytes of records, what playback and rehearsal do with them, and what is refused.

As plain as the chip: it knows what the link tells it. A bit of `data` may be flipped, as in a chip that forgets.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.rehearsal import Draws, Rehearsal
from sw.contract.sample_memory import MEMORY, REHEARSAL, pack_record, record_bytes, reservoir_slot, unpack_record
from sw.wire.chip import Chip

OFF = Rehearsal()


class DamagedError(Exception):
    """A record has a wrong CRC."""


class SampleMemory:
    """`size` bytes for the samples of `chip`.

    Members: `data`; `records` of the library; `permutation`, None before it has been told; `draws` of the rehearsal; `failed`,
    `slot`, `played`, `correct`, `read` and `written`: those of `sw.contract.sample_memory.MEMORY`.
    """

    def __init__(self, size: int, chip: Chip) -> None:
        self.data, self.chip = bytearray(size), chip
        self.clear()

    def clear(self) -> None:
        """CONFIGURE: nothing that lies there is believed."""
        self.records = self.failed = self.slot = self.played = self.correct = self.read = self.written = 0
        self.permutation: NDArray[np.int64] | None = None
        self.draws = Draws(OFF)

    def fits(self, records: int, reserved: int) -> bool:
        """Whether library and reservoir may have so many records."""
        return (records + reserved) * record_bytes(self.chip.inputs) <= len(self.data)

    def has(self, slot: int) -> bool:
        """Whether there is such a record."""
        return slot < self.records if slot >= 0 else ~slot < self.draws.rehearsal.size

    def store(self, slot: int, label: int, image: bytes) -> None:
        """Write a record; the library ends behind it."""
        place = self._place(slot)
        self.data[place] = pack_record(slot, label, image)
        self.written += place.stop - place.start
        if slot >= 0:
            self.records = slot + 1

    def recall(self, slot: int) -> tuple[int, bytes]:
        """Label and packed image of a record. Raises `DamagedError`."""
        place = self._place(slot)
        self.read += place.stop - place.start
        record = unpack_record(slot, bytes(self.data[place]), self.chip.inputs)
        if record is None:
            raise DamagedError
        return record

    def set_rehearsal(self, told: Any) -> None:
        """REHEARSE, by the fields of `REHEARSAL`."""
        own = {name: getattr(told, name) for name in ("size", "every", "per", "horizon", "prng")}
        self.draws = Draws(Rehearsal(**own), told.seen, told.prng)

    def rehearsal(self) -> bytes:
        """What REHEARSE tells."""
        own = self.draws.rehearsal.fields | {"prng": self.draws.word, "seen": self.draws.seen}
        return REHEARSAL.pack(**own, phase=self.draws.seen % self.draws.rehearsal.every)

    def told(self) -> bytes:
        """What MEMORY tells; nobody refreshes here, and nobody waits."""
        own = {name: getattr(self, name) for name in ("records", "failed", "slot", "played", "correct")}
        return MEMORY.pack(**own, bytes_read=self.read, bytes_written=self.written, refreshes=0, cycles_waiting=0)

    def train(self, image: bytes, label: int) -> int:
        """Clause 19 for a new sample: its prediction. A damaged record ends rehearsal (clause 21)."""
        prediction = self.chip.train(self.pixels(image), label)
        if not self.draws.rehearsal.size or self.failed:
            return prediction
        rehearsed, place = self.draws.next()
        try:
            for i in rehearsed:
                other, past = self.recall(reservoir_slot(i))
                self.chip.train(self.pixels(past), other)
        except DamagedError:
            self.fail(reservoir_slot(i))
            return prediction
        if place is not None:
            self.store(reservoir_slot(place), label, image)
        return prediction

    def play(self, slot: int, *, train: bool, permuted: bool) -> tuple[int, int] | None:
        """Label and prediction of a record of the library; None, and it is told, where it is damaged."""
        try:
            label, image = self.recall(slot)
        except DamagedError:
            self.fail(slot)
            return None
        if permuted:
            assert self.permutation is not None
            image = np.packbits(self.pixels(image)[self.permutation], bitorder="little").tobytes()
        return label, self.train(image, label) if train else self.chip.infer(self.pixels(image))

    def fail(self, slot: int) -> None:
        """Nothing more is trained on until a State is set."""
        self.slot = self.slot if self.failed else slot
        self.failed += 1

    def pixels(self, image: bytes) -> NDArray[np.uint8]:
        """Of a packed image."""
        return np.unpackbits(np.frombuffer(image, np.uint8), bitorder="little", count=self.chip.inputs)

    def _place(self, slot: int) -> slice:
        size = record_bytes(self.chip.inputs)
        begin = slot * size % len(self.data)
        return slice(begin, begin + size)
