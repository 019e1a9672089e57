"""How long a stretch of playback is: so short that Ctrl-C does not wait for its end, so long that a line keeps up."""

import time

from sw.contract.occupancy import Stretch

FIRST_SIZE, MOST = 100, 65535  # records of a stretch
SECONDS = 0.05  # three of them may be on their way


class Pace:
    """The size of the next stretch, by how fast the last ones were played."""

    def __init__(self) -> None:
        self._size = FIRST_SIZE
        self.begin()

    def begin(self) -> None:
        """Playback begins now."""
        self._last = time.monotonic()

    def size(self) -> int:
        """Records of the next stretch: at most twice as many as before."""
        return self._size

    def played(self, stretch: Stretch) -> None:
        """One has come to its end."""
        if not stretch.samples:
            return  # the reply before has told it
        now = time.monotonic()
        rate = stretch.samples / max(now - self._last, 1e-6)
        self._last = now
        self._size = max(1, min(MOST, 2 * self._size, round(rate * SECONDS)))


class SteadyPace(Pace):
    """Stretches of `records`, however long they take: for a simulated board, whose cycles count and not its seconds."""

    def __init__(self, records: int) -> None:
        super().__init__()
        self._size = records

    def played(self, stretch: Stretch) -> None:
        """It stays as it is."""
