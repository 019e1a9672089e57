"""What plays by itself, one thing at a time: digits into the network that is taught, or the stream of two networks."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

import numpy as np

from sw.contract.error import MetaplastError, require_integer
from sw.host.error import BusyError
from sw.host.notebook import OpenBoard
from sw.page import digits
from sw.page.contest import MOST_SAMPLES, Contest, Side, contest_network
from sw.page.lesson import Lesson

MOST_DIGITS = 5000
AT_ONCE = 20  # digits between two moments in which a person may press a button


class Player:
    """Plays into `lesson`; `open_beside` opens the second board of a stream.

    `names` of the two boards, for people; `tests`, images that a stream looks at each task with; `pause`, seconds at least for
    a step, so that people can follow. Members: `told`, what plays or has played, for a page; the `contest` that plays or has
    played, None before the first.
    """

    def __init__(
        self, lesson: Lesson, open_beside: Callable[[], OpenBoard], names: tuple[str, str], tests: int, pause: float = 0.1
    ) -> None:
        self._lesson, self._open_beside, self._names = lesson, open_beside, names
        self._tests, self._pause = tests, pause
        self._thread: Thread | None = None
        self._lock, self._stop = Lock(), Event()
        self._next = 0  # of the digits
        self.contest: Contest | None = None
        self._plays: str | None = None
        self._left = 0

    @property
    def told(self) -> dict[str, Any]:
        """`plays`: "digits", "stream" or None; `left` of the digits; the `stream`, None before the first."""
        stream = None if self.contest is None else self.contest.told()
        return {"plays": self._plays, "left": self._left, "stream": stream}

    def digits(self, count: object) -> None:
        """Teach so many digits of MNIST, as if somebody drew them. Raises `MetaplastError` before it begins."""
        samples = require_integer("the number of digits", count, 1, MOST_DIGITS)
        with self._lesson.action():
            outputs = self._lesson.digit_outputs()
        self._start("digits", lambda: self._play(samples, outputs))

    def stream(self, count: object) -> None:
        """Two networks, three tasks, so many samples of each."""
        samples = require_integer("the number of samples of a task", count, 100, MOST_SAMPLES)
        self._start("stream", lambda: self._compete(samples))

    def stop(self) -> None:
        """Ask what plays to end after its step."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait for the end."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _start(self, what: str, play: Callable[[], None]) -> None:
        with self._lock:
            if self._plays is not None:
                raise BusyError(f"the {self._plays} play already: wait for their end, or stop them")
            self._plays = what
            self._stop.clear()
        self._thread = Thread(target=self._run, args=(play,), name=what, daemon=True)
        self._thread.start()

    def _run(self, play: Callable[[], None]) -> None:
        try:
            play()
        except MetaplastError as error:
            self._lesson.say(f"the {self._plays} ended early: {error}")
        finally:
            self._plays = None
            self._lesson.tell()

    def _play(self, samples: int, outputs: list[int]) -> None:
        pixels, labels = digits.to_learn()
        while samples and not self._stop.is_set():
            self._left = samples
            chosen = np.arange(self._next, self._next + min(AT_ONCE, samples)) % len(labels)
            with self._lesson.action(is_use=False):
                self._lesson.learn(pixels[chosen], np.array(outputs)[labels[chosen]])
            self._next, samples = int(chosen[-1]) + 1, samples - len(chosen)
            self._stop.wait(self._pause)  # somebody's turn
        self._left = 0

    def _compete(self, samples: int) -> None:
        lesson = self._lesson
        with self._open_beside() as beside, lesson.lent("a stream plays on the board") as board:
            network = contest_network(board.geometry)
            sides = Side("with the rule", self._names[0]), Side("without the rule", self._names[1])
            self.contest = Contest(network, sides, samples=samples, tests=self._tests, pause=3 * self._pause)
            self.contest.run((board, beside), self._stop.is_set, lesson.tell)
