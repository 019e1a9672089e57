"""`metaplast page`: a page in the browser on which a board is taught by hand."""

import importlib
import signal
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from sw.contract.geometry_text import parse_geometry
from sw.files.output import check_outputs
from sw.host import checkpoint, known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.error import HostError, InputError
from sw.host.interruption import Interrupted, Interruption
from sw.page.address import HOST, PORT, Address
from sw.page.starting import side_of, teaching_network
from sw.terminal.opening import port_path, read_configuration
from sw.terminal.options import BoardName, Config, GeometryText, Port, Resume
from sw.terminal.speech import say, tell
from sw.tree.extras import lacking


def page(
    board: BoardName,
    config: Config = None,
    resume: Resume = None,
    port: Port = None,
    geometry: GeometryText = None,
    listen: Annotated[
        str | None, typer.Option(help=f"Where the page is: PORT, HOST or HOST:PORT; {HOST}:{PORT} by default.", metavar="A")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="What a browser has to bring; made by itself where other computers can ask.", metavar="T")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Checkpoint to write, after what was taught and at the end.", metavar="F")
    ] = None,
) -> None:
    """Teach a board by hand in the browser: draw, say what it is, see it learn; Ctrl-C ends.

    The network is that of --config or --resume, else one of 28 x 28 pixels and 16 classes that fits the board.
    """
    if config is not None and resume is not None:
        raise InputError("give --config, to begin with a new network, or --resume, to go on from a checkpoint, not both")
    check_outputs({"--save": save}, {"--config": config, "--port": port_path(port)})
    address = Address.parse(listen, token)
    chosen = known_boards.find(board, port, parse_geometry(geometry) if geometry is not None else None)
    start = _start(config, resume, chosen)
    side_of(start)
    chosen.check_fits(start.network)
    interruption = Interruption()
    serve = _server()
    opening = serve.Opening(name=board, port=port, geometry=geometry, report=say)
    with (
        address.listen() as sock,
        serve.Page(opening, address, sock, start, save=save, ends=interruption.asked) as opened,
        interruption,
    ):
        tell(f"{opened.url}  (Ctrl-C ends)")
        opened.run()
        opened.save()
    saved = "nothing was to be saved" if save is None else f"saved {save}"
    if interruption.number not in (None, signal.SIGINT):
        raise Interrupted(f"the page has ended, {saved}", interruption.number)
    if save is not None:
        say(saved)


def _server() -> ModuleType:
    """What only this command needs. Raises `HostError` where a package is missing."""
    try:
        return importlib.import_module("sw.page.serve")
    except ModuleNotFoundError as error:
        raise HostError(lacking("the page", error.name or "")) from error


def _start(config: Path | None, resume: Path | None, board: known_boards.Board) -> Checkpoint:
    if resume is not None:
        return checkpoint.load(resume)
    if config is None:
        return Checkpoint.initial(teaching_network(board.geometry))
    network, rehearsal = read_configuration(config)
    return Checkpoint.initial(network).rehearsing(rehearsal)
