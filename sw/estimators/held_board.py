"""A board that is opened when it is first needed and kept; a copy of it, a pickled one too, takes the network along instead."""

import warnings
from threading import RLock
from typing import Any

from sw.host.checkpoint import Checkpoint
from sw.host.known_boards import IN_ITS_PLACE
from sw.host.notebook import OpenBoard, open_board


class HeldBoard:
    """The network of one estimator, on a board while there is work, and as a checkpoint otherwise.

    Parameters: `name` and `port` of the board, as for `open_board`; `state`, a network to go on with.
    """

    def __init__(self, name: str, port: str | None = None, state: Checkpoint | None = None) -> None:
        self.name, self.port = name, port
        self._opened: OpenBoard | None = None
        self._left = state  # while no board is open
        self._lock = RLock()

    @property
    def board(self) -> OpenBoard:
        """The board, open, with the network on it if there is one. Raises `HostError`."""
        with self._lock:
            if self._opened is None:
                opened = open_board(self.name, port=self.port, report=_report)
                try:
                    if self._left is not None:
                        opened.resume(self._left)
                except BaseException:
                    opened.close()
                    raise
                self._opened, self._left = opened, None
            return self._opened

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The network and its state; None where none was begun yet."""
        with self._lock:
            if self._opened is None or not self._opened.has_network:
                return self._left
            return self._opened.checkpoint

    def close(self) -> None:
        """Give the board back, whatever it says, and keep the network; the next use opens a board again."""
        with self._lock:
            opened = self._opened
            if opened is not None:
                try:
                    self._left = self.checkpoint
                finally:
                    self._opened = None
                    opened.close()

    def is_on(self, name: str, port: str | None) -> bool:
        """Whether it is the board of this name and port."""
        return (name, port) == (self.name, self.port)

    def moved_to(self, name: str, port: str | None) -> "HeldBoard":
        """This one, or, where another board is meant, a new one there that has taken over the network."""
        if self.is_on(name, port):
            return self
        self.close()
        return HeldBoard(name, port, self._left)

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "port": self.port, "_opened": None, "_left": self.checkpoint}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = RLock()

    def __del__(self) -> None:
        opened = self.__dict__.get("_opened")
        if opened is not None:
            opened.close()


def _report(line: str) -> None:
    """Lines of progress while a simulated board is compiled are not for a library to print; that it will be slow is told."""
    if line.endswith(IN_ITS_PLACE):
        warnings.warn(line, stacklevel=2)
