"""A bad line: what happens to bytes between a host and a board, drawn from a seed."""

import time
from dataclasses import dataclass
from random import Random

from sw.contract.frames import DELIMITER
from sw.host.transport import Transport

END = bytes([DELIMITER])
FEW = 4  # frames that a delayed one lets pass, at most
HARMS = ("flip", "drop", "insert", "cut off", "noise")


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How often, for each frame of a direction: 0 never, 1 always.

    damage : some of its bytes are flipped, dropped or inserted, its end is missing, or noise comes before it
    lose : it does not arrive; duplicate : it arrives twice; delay : some later ones arrive before it
    """

    damage: float = 0.0
    lose: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0


class Damage:
    """One direction of a line: a frame arrives when its end has been sent, or does not.

    Members: `done`, how often each fault has happened, by name.
    """

    def __init__(self, faults: Faults, random: Random) -> None:
        self.faults, self.random = faults, random
        self.done: dict[str, int] = dict.fromkeys(vars(faults), 0)
        self._rest = b""
        self._late: list[tuple[int, bytes]] = []  # frames that are held back, and how many are to pass before

    def __call__(self, data: bytes) -> bytes:
        """What arrives of `data`, now."""
        *frames, self._rest = (self._rest + data).split(END)
        return b"".join(self._frame(frame + END) for frame in frames)

    @property
    def holds(self) -> bool:
        """Whether frames are held back."""
        return bool(self._late)

    def silence(self) -> bytes:
        """What arrives when nothing more is sent: all that was held back."""
        late, self._late = b"".join(frame for _, frame in self._late), []
        return late

    def _frame(self, frame: bytes) -> bytes:
        arrives = b""
        if self._happens("delay"):
            self._late.append((self.random.randint(1, FEW), frame))
        elif not self._happens("lose"):
            arrives = self._harmed(frame) if self._happens("damage") else frame
            if self._happens("duplicate"):
                arrives += frame
        self._late = [(left - 1, late) for left, late in self._late]
        arrives += b"".join(late for left, late in self._late if left < 0)
        self._late = [(left, late) for left, late in self._late if left >= 0]
        return arrives

    def _happens(self, fault: str) -> bool:
        happens = self.random.random() < getattr(self.faults, fault)
        self.done[fault] += happens
        return happens

    def _harmed(self, frame: bytes) -> bytes:
        return harmed(frame, self.random)


def harmed(frame: bytes, random: Random) -> bytes:
    """A frame with one to three faults in its bytes; delimiters may come and go."""
    data = bytearray(frame)
    for _ in range(random.randint(1, 3)):
        place, harm = random.randrange(len(data) or 1), random.choice(HARMS)
        if harm == "flip" and data:
            data[place] ^= 1 << random.randrange(8)
        elif harm == "drop" and data:
            del data[place]
        elif harm == "insert":
            data.insert(place, random.choice((DELIMITER, random.randrange(256))))
        elif harm == "cut off":
            del data[place:]
        elif harm == "noise":
            data[:0] = random.randbytes(random.randint(1, 20))
    return bytes(data)


class FaultyWire:
    """A `Transport` through a bad line to another one.

    Parameters: `inner`, the line to the board; `there`, `back`, the faults of requests and of replies; `seed` of both.
    Members: `there`, `back`, each with what was `done`. `cut` makes everything disappear for some seconds.
    """

    reopens = False

    def __init__(self, inner: Transport, *, there: Faults, back: Faults, seed: int) -> None:
        self.inner = inner
        random = Random(seed)
        self.there, self.back = Damage(there, Random(random.random())), Damage(back, Random(random.random()))
        self._whole_again = 0.0

    def cut(self, seconds: float) -> None:
        """The cable is out for so long."""
        self._whole_again = time.monotonic() + seconds

    def write(self, data: bytes) -> None:
        """What arrives of `data` goes on to the board."""
        arrives = self.there(data)
        if arrives and time.monotonic() >= self._whole_again:
            self.inner.write(arrives)

    def read(self, at_most: int, timeout: float) -> bytes:
        """What arrives of the board's bytes; when it is silent, what was held back."""
        data = self.inner.read(at_most, 0 if self.there.holds or self.back.holds else timeout)
        if not data and self.there.holds:
            self.inner.write(self.there.silence())
            data = self.inner.read(at_most, 0)
        arrives = self.back(data) if data else self.back.silence()
        return arrives if time.monotonic() >= self._whole_again else b""

    def reopen(self) -> None:
        """As the line to the board says."""
        self.inner.reopen()

    def close(self) -> None:
        """Close the line to the board."""
        self.inner.close()
