"""A line with the pace of a UART: a byte takes ten bits of time, and a USB adapter keeps short replies back for a while."""

import time
from collections import deque

from sw.wire.board import ModelBoard
from sw.wire.line import Line

BITS_OF_A_BYTE = 10


class PacedLine(Line):
    """A `Transport` to a board in Python that answers at once; only the wire takes its time, in both directions.

    Parameters: `baud`; `latency`, seconds that the adapter keeps a reply (an FTDI chip: 0.016, or 0.001 where it is set so).
    """

    def __init__(self, board: ModelBoard, baud: int, latency: float = 0.0) -> None:
        super().__init__(board)
        self.latency = latency
        self._seconds = BITS_OF_A_BYTE / baud
        self._sent = self._answered = 0.0  # when the last byte of either direction has gone
        self._on_the_way: deque[tuple[float, bytes]] = deque()

    def write(self, data: bytes) -> None:
        """Goes at the pace of the line, behind what was written before; the caller does not wait."""
        self._sent = max(time.monotonic(), self._sent) + len(data) * self._seconds
        answer = self.board.feed(data)
        if answer:
            self._answered = max(self._sent, self._answered) + len(answer) * self._seconds
            self._on_the_way.append((self._answered + self.latency, answer))

    def read(self, at_most: int, timeout: float) -> bytes:
        """What has arrived by now; waits for the first of it."""
        if not self._arrived:
            rest = self._on_the_way[0][0] - time.monotonic() if self._on_the_way else timeout
            time.sleep(max(0.0, min(rest, timeout)))
        while self._on_the_way and self._on_the_way[0][0] <= time.monotonic():
            self._arrived += self._on_the_way.popleft()[1]
        return super().read(at_most, 0.0)
