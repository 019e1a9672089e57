"""Who carries rehearsal out (contract, clause 19): the board, out of its own sample memory, or the host for one without."""

from sw.data.reservoir import Rehearser, Reservoir
from sw.host.learning_device import LearningDevice


class Carrier:
    """Rehearsal on `device`, which has taken on the state that the reservoir `start` belongs to; None: nothing is rehearsed.

    Parameters: `rehearsed`, samples that were rehearsed before and count too. Members: `rehearser`, what the host makes of new
    samples, None where the board does it itself or nothing is rehearsed. Raises `ContractError` where it has no room.
    """

    def __init__(self, device: LearningDevice, start: Reservoir | None, rehearsed: int = 0) -> None:
        self._memory = device.memory if start is not None else None
        self._start, self._rehearsed = start, rehearsed
        self.rehearser = None if self._memory else Rehearser.of(start, rehearsed)
        if self._memory is not None:
            self._memory.rehearse(start)

    @property
    def who(self) -> str | None:
        """Who keeps the samples: "board", "host", or None where nothing is rehearsed."""
        return "board" if self._memory is not None else None if self.rehearser is None else "host"

    def state(self) -> tuple[Reservoir | None, int]:
        """The reservoir as it is now, and how many samples were rehearsed."""
        if self.rehearser is not None:
            return self.rehearser.reservoir, self.rehearser.rehearsed
        now = None if self._memory is None else self._memory.reservoir()
        if now is None or self._start is None:
            return None, self._rehearsed
        return now, self._rehearsed + now.rehearsal.rehearsed(self._start.seen, now.seen - self._start.seen)
