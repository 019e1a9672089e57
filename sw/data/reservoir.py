"""The reservoir of past samples, and what is to be learned with one (contract, clause 19): the twins', and that of the host for
boards without sample memory."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sw.contract.frames import image_bytes
from sw.contract.rehearsal import Draws, Rehearsal
from sw.data.packed import Bytes, packed, unpacked

RESERVOIR = ("rehearsal_pixels", "rehearsal_labels", "rehearsal_seen", "rehearsal_prng")
"""Arrays of a checkpoint."""

FIRST_ROOM = 1024  # records that memory is taken for at first; it doubles when they are full


@dataclass(frozen=True, kw_only=True)
class Reservoir:
    """What a reservoir holds at one time, as a checkpoint keeps it.

    `pixels` of the records, uint8 of shape (f, ceil(n_0 / 8)), packed as on the wire: pixel i is bit i % 8 of byte i // 8;
    `labels`, uint16 of shape (f,); `seen`, new training samples since the reservoir was begun; `prng`, its random word.
    """

    rehearsal: Rehearsal
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    seen: int
    prng: int

    @classmethod
    def empty(cls, rehearsal: Rehearsal, inputs: int) -> Self:
        """Before the first sample of `inputs` pixels."""
        pixels = np.zeros((0, image_bytes(inputs)), np.uint8)
        return cls(rehearsal=rehearsal, pixels=pixels, labels=np.zeros(0, np.uint16), seen=0, prng=rehearsal.prng)

    def arrays(self) -> dict[str, NDArray]:
        """What a checkpoint holds of it, beside its settings in the configuration."""
        words = np.array(self.seen, np.uint64), np.array(self.prng, np.uint32)
        return dict(zip(RESERVOIR, (self.pixels, self.labels, *words), strict=True))


class Rehearser:
    """Turns new samples into what a board is to learn: each of them, and after it what is rehearsed.

    Begins with the reservoir `start`, which stays as it is. Members: `rehearsed`, how many samples were, those counted before
    included.
    """

    @classmethod
    def of(cls, start: Reservoir | None, rehearsed: int = 0) -> Self | None:
        """One that begins with a reservoir; None where there is none, and nothing is rehearsed."""
        return None if start is None else cls(start, rehearsed)

    def __init__(self, start: Reservoir, rehearsed: int = 0) -> None:
        self._draws = Draws(start.rehearsal, start.seen, start.prng)
        self._pixels, self._labels = start.pixels.copy(), start.labels.copy()
        self.rehearsed = rehearsed

    @property
    def reservoir(self) -> Reservoir:
        """The reservoir as it is now."""
        draws, filled = self._draws, self._draws.filled
        kept = {"pixels": self._pixels[:filled].copy(), "labels": self._labels[:filled].copy()}
        return Reservoir(rehearsal=draws.rehearsal, **kept, seen=draws.seen, prng=draws.word)

    def expand(self, pixels: Bytes, labels: NDArray[np.integer]) -> tuple[Bytes, NDArray[np.integer], NDArray[np.bool_]]:
        """What is to be learned of new samples, uint8 of shape (n, n_0) and integers of shape (n,), in order: pixels, labels,
        and of each whether it is a new sample."""
        learned, classes, is_new = self.expand_packed(packed(pixels), labels)
        return unpacked(learned, pixels.shape[1]), classes, is_new

    def expand_packed(self, images: Bytes, labels: NDArray[np.integer]) -> tuple[Bytes, NDArray[np.integer], NDArray[np.bool_]]:
        """The same of packed images, uint8 of shape (n, ceil(n_0 / 8)), which stay packed."""
        # Images move once all choices are made: ~i stands for new sample i, any other number for the record as it was before.
        learned: list[int] = []
        is_new: list[bool] = []
        becomes: dict[int, int] = {}
        for sample in range(len(images)):
            rehearsed, place = self._draws.next()
            learned += [~sample, *(becomes.get(i, i) for i in rehearsed)]
            is_new += [True, *(False for _ in rehearsed)]
            if place is not None:
                becomes[place] = ~sample
        self.rehearsed += len(learned) - len(images)
        classes = np.asarray(labels, np.int64)
        order = np.array(learned, np.int64)
        is_record, records, samples = order >= 0, order[order >= 0], ~order[order < 0]
        taken, told = np.empty((len(order), images.shape[1]), np.uint8), np.empty(len(order), np.int64)
        taken[is_record], told[is_record] = self._pixels[records], self._labels[records]
        taken[~is_record], told[~is_record] = images[samples], classes[samples]
        self._keep(becomes, images, classes)
        return taken, told, np.array(is_new, np.bool_)

    def _keep(self, becomes: dict[int, int], images: NDArray[np.uint8], classes: NDArray[np.int64]) -> None:
        """Each place holds the new sample that it `becomes`, the last one of several."""
        most = max(becomes, default=-1) + 1
        if most > len(self._labels):
            room = max(FIRST_ROOM, 2 * most)
            self._pixels, self._labels = np.resize(self._pixels, (room, images.shape[1])), np.resize(self._labels, room)
        places, samples = list(becomes), [~sample for sample in becomes.values()]
        self._pixels[places], self._labels[places] = images[samples], classes[samples]
