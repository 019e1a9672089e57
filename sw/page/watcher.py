"""Looks at the network while nobody uses the board: what a look costs is never waited for by a person."""

import time
from collections.abc import Callable
from threading import Event, Thread

from sw.contract.error import MetaplastError
from sw.page.lesson import Lesson

OFTEN = 0.1  # seconds
IDLE, APART = 3, 10  # lengths of a look: for how long nobody has asked for anything, and how far it is from the one before
AFTER_ERROR = 5.0


class Watcher:
    """A context manager: within it `lesson` is looked at whenever something was learned and then nothing happens for a while.

    After a look `after()` is called; what that raises, pages are told.
    """

    def __init__(self, lesson: Lesson, after: Callable[[], None]) -> None:
        self._lesson, self._after = lesson, after
        self._ends = Event()
        self._thread = Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        took = ended = 0.0
        while not self._ends.wait(OFTEN):
            now = time.monotonic()
            is_time = now - self._lesson.last_used >= IDLE * took and now - ended >= APART * took
            if not (self._lesson.is_stale and is_time):
                continue
            try:
                self._lesson.look()
                self._written()
            except MetaplastError:  # pages have been told; a board that is lent, or lost, is looked at later
                self._ends.wait(AFTER_ERROR)
            ended = time.monotonic()
            took = ended - now

    def _written(self) -> None:
        try:
            self._after()
        except MetaplastError as error:
            self._lesson.say(str(error))
