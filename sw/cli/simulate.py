"""`metaplast simulate`: a simulated board on a port of its own, with a line that may be bad; for other programs to try."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from sw.contract.board_table import BOARDS
from sw.contract.geometry_text import parse_geometry
from sw.host import simulated_board
from sw.host.known_boards import SIMULATED
from sw.host.process_transport import ProcessTransport
from sw.host.transport import Transport
from sw.terminal.options import GeometryText
from sw.terminal.speech import say
from sw.wire.board import ModelBoard
from sw.wire.escaped import EscapedBoard
from sw.wire.faults import Faults, FaultyWire
from sw.wire.line import Line
from sw.wire.port import Port

LOOK = 0.2

Often = Annotated[float, typer.Option(help="Of every frame, 0 to 1.", min=0.0, max=1.0)]


def simulate(
    geometry: GeometryText = None,
    model: Annotated[bool, typer.Option("--model", help="The board in Python instead of the gateware.")] = False,
    damage: Often = 0.0,
    lose: Often = 0.0,
    duplicate: Often = 0.0,
    delay: Often = 0.0,
    seed: Annotated[int, typer.Option(help="Of the faults.", min=0)] = 1,
) -> None:
    """Put a simulated board behind a pseudo terminal and print its name; Ctrl-C ends it.

    Frames in both directions are damaged, lost, repeated and late as often as is said. Use the port with --board NAME --port.
    The line of a shape whose board has one that is escaped is escaped too.
    """
    shape = parse_geometry(geometry) if geometry is not None else SIMULATED
    faults = Faults(damage=damage, lose=lose, duplicate=duplicate, delay=delay)
    if model:
        inner: Transport = Line(ModelBoard(shape, buffer_bytes=4096))
    else:
        inner = ProcessTransport([simulated_board.build(shape, say)])
    wire = FaultyWire(inner, there=faults, back=faults, seed=seed)
    escaped = any(board.escaped for board in BOARDS.values() if board.geometry == shape)
    with Port(EscapedBoard(wire) if escaped else wire) as port, suppress(KeyboardInterrupt):
        typer.echo(port.name)
        while port.serves:
            time.sleep(LOOK)
    inner.close()
    happened = ", ".join(f"{name} {wire.there.done[name]} and {wire.back.done[name]}" for name in wire.there.done)
    say(f"frames there and back: {happened}")
