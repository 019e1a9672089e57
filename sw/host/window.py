"""What is in flight between a host and a board, and when to send it again: the host's half of exactly once."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sw.contract.commands import Command
from sw.contract.frames import OVERHEAD, RING, WINDOW, Frame
from sw.host.frame_reader import encode

PATIENCE_FACTOR = 4  # deviations of the time of a reply beyond the mean, before it is late
STRETCHES = 2
WEIGHT = 0.125  # of the newest time of a reply in their mean
LONGEST_PATIENCE = 2.0  # seconds; a board that takes longer for a frame has told so by then, and its time is the measure


@dataclass(kw_only=True)
class Sent:
    """One request in flight: its frame, as bytes for the wire, its decoded size, its samples, when it was first sent."""

    frame: Frame
    data: bytes
    size: int
    samples: int
    at: float
    again: bool = False


class Window:
    """Requests that wait for their replies, in order, within what a board can keep.

    At most `buffer_bytes` decoded bytes of requests, so that none is dropped for want of room; at most `WINDOW` requests and
    `RING` training samples, so that the board can answer each of them again; of stretches of playback, `STRETCHES`, so that it
    goes on from one to the next and soon stops; and all of one command, so that one that only reads tells the same when it is
    carried out again.
    """

    def __init__(self, buffer_bytes: int) -> None:
        self.buffer_bytes = buffer_bytes
        self._sent: deque[Sent] = deque()
        self.bytes = self.samples = 0

    def __len__(self) -> int:
        return len(self._sent)

    def __iter__(self) -> Iterator[Sent]:
        return iter(self._sent)

    def __contains__(self, sequence: int) -> bool:
        return any(sent.frame.sequence == sequence for sent in self._sent)

    @property
    def oldest(self) -> Sent:
        """The request whose reply is next."""
        return self._sent[0]

    def has_room(self, command: Command, payload: bytes) -> bool:
        """Whether this request may be sent before the next reply."""
        if not self._sent:
            return True
        return (
            self.bytes + OVERHEAD + len(payload) <= self.buffer_bytes
            and len(self._sent) < (STRETCHES if command == Command.PLAY else WINDOW)
            and self.samples + _samples(command, payload) <= RING
            and self.oldest.frame.type == command
        )

    def add(self, frame: Frame, now: float) -> Sent:
        """A request that is about to be sent."""
        size, samples = OVERHEAD + len(frame.payload), _samples(frame.type, frame.payload)
        sent = Sent(frame=frame, data=encode(frame), size=size, samples=samples, at=now)
        self._sent.append(sent)
        self.bytes, self.samples = self.bytes + size, self.samples + samples
        return sent

    def take(self) -> Sent:
        """The oldest request, which has been answered."""
        sent = self._sent.popleft()
        self.bytes, self.samples = self.bytes - sent.size, self.samples - sent.samples
        return sent


class Patience:
    """How long to wait for a reply before everything is sent again.

    From the times that replies take (their mean and deviation, as TCP measures them), twice as long after each time that it
    was in vain, and never below `least` seconds: FTDI's chips keep short replies back for 16 ms, and a busy computer longer.
    A reply to what was sent twice tells no time, but that the line is alive: half as long again is enough.
    """

    def __init__(self, least: float) -> None:
        self.least = least
        self.seconds = self._measured = least
        self._mean: float | None = None
        self._deviation = 0.0

    def answered(self, sent: Sent, now: float) -> None:
        """A request has been answered."""
        if sent.again:
            self.seconds = max(self._measured, self.seconds / 2)
            return
        seconds = now - sent.at
        if self._mean is None:
            self._mean, self._deviation = seconds, seconds / 2
        else:
            self._deviation += 2 * WEIGHT * (abs(seconds - self._mean) - self._deviation)
            self._mean += WEIGHT * (seconds - self._mean)
        self.seconds = self._measured = max(self.least, self._mean + PATIENCE_FACTOR * self._deviation)

    def in_vain(self) -> None:
        """Nothing has come for so long."""
        self.seconds = max(self.seconds, min(2 * self.seconds, LONGEST_PATIENCE))


def _samples(kind: int, payload: bytes) -> int:
    """The samples of a TRAIN or a RECITE; no others are kept."""
    return Command(kind).read(payload)[0].count if kind in (Command.TRAIN, Command.RECITE) else 0
