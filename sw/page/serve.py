"""The page put together: a board, a lesson on it, a player beside it, and the server that a browser speaks to."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Self

import uvicorn

from sw.contract.board_table import BOARDS, board_name
from sw.host.checkpoint import Checkpoint
from sw.host.error import LinkError, TransportError
from sw.host.known_boards import ABOUT
from sw.host.notebook import OpenBoard, open_board
from sw.page.address import Address
from sw.page.contest import MOST_SAMPLES
from sw.page.guard import Guard
from sw.page.kept_board import KeptBoard
from sw.page.lesson import Lesson
from sw.page.player import Player
from sw.page.server import Server
from sw.page.watcher import Watcher

MOST_CONNECTIONS = 64
LAST_ANSWERS = 5  # seconds that answers may take when the server ends


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How the board of a page is opened, as `open_board` does, and the second one of a stream."""

    name: str
    port: str | None = None
    geometry: str | None = None
    report: Callable[[str], None] = print

    def board(self) -> OpenBoard:
        """The board."""
        return open_board(self.name, port=self.port, geometry=self.geometry, report=self.report)

    @property
    def beside(self) -> str:
        """The name of the second board: another one of the same kind; beside a chip the compiled twin."""
        return "compiled" if self.is_chip else self.name

    def board_beside(self) -> OpenBoard:
        """That board."""
        return open_board(self.beside, geometry=None if self.is_chip else self.geometry, report=self.report)

    @property
    def is_chip(self) -> bool:
        """Whether it is hardware."""
        return board_name(self.name) in BOARDS

    def about(self, board: OpenBoard) -> dict[str, Any]:
        """What people are told of it: never more than it is."""
        name = board_name(self.name)
        hello, link = getattr(board.device, "hello", None), getattr(board.device, "link", None)
        return {
            "name": name,
            "title": BOARDS[name].title if self.is_chip else name,
            "is_chip": self.is_chip,
            "what": f"a chip: {link.name}" if link is not None and self.is_chip else f"not a chip: {ABOUT[name]}",
            "clock": hello.clock_hz if self.is_chip and hello is not None else None,
            "samples": 600 if self.is_slow else MOST_SAMPLES,
            "rows": None if board.geometry is None else board.geometry.rows,
        }

    @property
    def is_slow(self) -> bool:
        """Whether it learns some hundred samples a second and no more."""
        return self.name in ("sim", "twin")

    @property
    def tests(self) -> int:
        """Images that a stream looks at each task with."""
        return 100 if self.is_slow else 400

    @property
    def labels(self) -> tuple[str, str]:
        """What the two networks of a stream run on."""
        if self.is_chip:
            return f"on the chip, {self.name}", f"on this computer ({ABOUT[self.beside]}), not on the chip"
        return (f"on {self.name}", f"on another {self.name}")


class Page:
    """A page at `address`, on the board of `opening`, that begins with `start`. Use it as a context manager.

    `sock` is the socket to listen with; `save`, a checkpoint to write after every look, None for none; `ends()` says that it is
    time to end. Tests have another `pause` in what plays and an `open` of their own. Raises `HostError` where the board is not
    there, `ContractError` where `start` does not fit it.
    """

    def __init__(
        self,
        opening: Opening,
        address: Address,
        sock: socket.socket,
        start: Checkpoint,
        save: Path | None = None,
        ends: Callable[[], bool] = lambda: False,
        pause: float = 0.1,
        open: Callable[[], OpenBoard] | None = None,
    ) -> None:
        self._opening = opening
        self.kept = KeptBoard(open or opening.board, start)
        self.lesson = Lesson(self.kept)
        self.player = Player(self.lesson, opening.board_beside, opening.labels, opening.tests, pause)
        self._watcher, self._socket = Watcher(self.lesson, self._write), sock
        self._save, self._asked_to_end = save, ends
        port = sock.getsockname()[1]
        self.url = address.at(port)
        server = Server(self.lesson, self.player, opening.about(self.kept.board), start, lambda: self._server.should_exit)
        guarded = Guard(server.application(), hosts=address.hosts(port), token=address.token)
        self._server = uvicorn.Server(
            uvicorn.Config(
                guarded,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=LAST_ANSWERS,
                ws="none",
                callback_notify=self._end_where_asked,
                timeout_notify=1,
            )
        )

    def run(self) -> None:
        """Serve until a signal comes, or `stop`."""
        self._server.run(sockets=[self._socket])

    @contextmanager
    def served(self) -> Iterator[Self]:
        """The page, served by another thread while the block runs."""
        thread = Thread(target=self.run)
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True

    def save(self) -> None:
        """Write the checkpoint, if there is to be one; of a board that has gone, as it was when it was last looked at."""
        self.player.close()
        try:
            self.lesson.look()
        except (LinkError, TransportError) as error:
            self._opening.report(f"{error}: what was taught after the last look at the board is not saved")
        self._write()

    def __enter__(self) -> "Page":
        self._watcher.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.player.close()
        self._watcher.__exit__()
        self.kept.close()

    def _write(self) -> None:
        if self._save is not None:
            self.lesson.state.save(self._save)

    async def _end_where_asked(self) -> None:
        if self._asked_to_end():
            self.stop()
