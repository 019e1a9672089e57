"""The page as an ASGI application: its files, what it asks, and a stream of what there is to show."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sw.contract.error import MetaplastError
from sw.contract.rehearsal import NONE, Rehearsal
from sw.host import checkpoint
from sw.host.checkpoint import Checkpoint
from sw.host.error import BusyError, CheckpointError, LinkError, TransportError
from sw.page.body import MOST_ASKED, MOST_UPLOADED, TooLargeError, body_of
from sw.page.guard import refusal
from sw.page.lesson import Lesson
from sw.page.player import Player

FILES = Path(__file__).parent / "static"
HEARTBEAT = 1.0  # seconds: an end of the server is noticed within it
MOST_PAGES = 32
FILE_NAME = "metaplast.npz"
UPLOAD = "the file"  # in messages: a browser does not tell where it lies


class Server:
    """What answers for one lesson.

    Parameters: `about`, what the board is, for people, which never changes; `first`, the state that "begin anew" goes back to;
    `ends`, whether the server is about to end.
    """

    def __init__(
        self, lesson: Lesson, player: Player, about: dict[str, Any], first: Checkpoint, ends: Callable[[], bool]
    ) -> None:
        self._lesson, self._player, self._about, self._first, self._ends = lesson, player, about, first, ends
        self._pages = 0

    def application(self) -> Starlette:
        """The routes."""
        asked: dict[str, Callable[[dict[str, Any]], Any]] = {
            "/think": lambda given: self._lesson.think(given.get("drawing")),
            "/teach": lambda given: self._lesson.teach(given.get("drawing"), given.get("symbol")),
            "/symbols": lambda given: self._lesson.name(given.get("name")),
            "/rehearsal": self._rehearse,
            "/digits": lambda given: self._player.digits(given.get("samples")),
            "/stream": lambda given: self._player.stream(given.get("samples")),
            "/stop": lambda given: self._player.stop(),
            "/anew": lambda given: self._lesson.begin(self._first),
        }
        routes = [Route(path, answering(act), methods=["POST"]) for path, act in asked.items()]
        return Starlette(
            routes=[
                Route("/", lambda request: FileResponse(FILES / "index.html")),
                Route("/state", lambda request: JSONResponse(self._told())),
                Route("/events", self._events),
                Route("/checkpoint", self._save, methods=["GET"]),
                Route("/checkpoint", self._load, methods=["POST"]),
                *routes,
                Mount("/static", StaticFiles(directory=FILES)),
            ]
        )

    def _told(self) -> dict[str, Any]:
        return {"board": self._about, **self._lesson.told, **self._player.told}

    def _rehearse(self, given: dict[str, Any]) -> None:
        size = given.get("size")
        self._lesson.rehearse(Rehearsal(size=size, per=given.get("per", 1)) if size else NONE)

    async def _events(self, request: Request) -> Response:
        if self._pages >= MOST_PAGES:
            return refusal(f"{MOST_PAGES} pages are open already: close one and load this one again", 503)
        return StreamingResponse(self._news(), media_type="text/event-stream")

    async def _news(self) -> AsyncIterator[str]:
        """The whole state after each change; a change that comes while a page is slow is not sent twice."""
        self._pages += 1
        version = -1
        try:
            while not self._ends():
                if await self._lesson.listeners.news(version, HEARTBEAT):
                    version = self._lesson.listeners.version
                    yield f"data: {json.dumps(self._told())}\n\n"
                else:
                    yield ": \n\n"
        finally:
            self._pages -= 1

    async def _save(self, request: Request) -> Response:
        def content() -> bytes:
            file = io.BytesIO()
            self._lesson.save().write(file)
            return file.getvalue()

        return await answered(content, file_response)

    async def _load(self, request: Request) -> Response:
        try:
            content = await body_of(request, MOST_UPLOADED)
        except TooLargeError as error:
            return refusal(str(error), 413)
        return await answered(lambda: self._lesson.begin(checkpoint_of(content)))


def answering(act: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Awaitable[Response]]:
    """A route that gives `act` the object in the body, in a thread of its own."""

    async def answer(request: Request) -> Response:
        try:
            given = json.loads(await body_of(request, MOST_ASKED) or b"{}")
        except TooLargeError as error:
            return refusal(str(error), 413)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            return refusal("what was sent is no object in JSON: load the page again", 400)
        return await answered(lambda: act(given))

    return answer


def json_answer(done: object) -> Response:
    """What was found out, as an object."""
    return JSONResponse(done if isinstance(done, dict) else {})


def file_response(content: bytes) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def answered(act: Callable[[], Any], answer: Callable[[Any], Response] = json_answer) -> Response:
    """The answer of `act`, which is carried out to its end even when the page has gone; one sentence where it is refused."""
    try:
        return answer(await run_in_threadpool(act))
    except BusyError as error:
        return refusal(str(error), 409)
    except (LinkError, TransportError) as error:
        return refusal(str(error), 502)
    except MetaplastError as error:
        return refusal(str(error), 400)


def checkpoint_of(content: bytes) -> Checkpoint:
    """The state in a file that was uploaded. Raises `CheckpointError`."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{UPLOAD} is no checkpoint: choose one that was saved here or by a command") from error
    if unpacked > MOST_UPLOADED:
        raise CheckpointError(f"{UPLOAD} holds {unpacked} bytes unpacked, expected at most {MOST_UPLOADED >> 20} MiB")
    return checkpoint.read(io.BytesIO(content), UPLOAD)
