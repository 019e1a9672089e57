"""The engines that a run is played to. Each gives the replies to its requests, in order.

twin     PyTorch, by the payloads of the frames
native   the gateware compiled to native code, behind the host's own link
netlist  the gateware after synthesis, cell by cell, through the serial pins of a board
pysim    the gateware on Amaranth's simulator, before it becomes Verilog
icarus   the gateware as Verilog on Icarus, under cocotb
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from sim.replay.run_file import Run, RunFileError
from sim.replay.twin_board import TwinBoard
from sw.contract.board_table import BOARDS
from sw.host.conversation import geometry_of
from sw.host.link import Link
from sw.host.process_transport import ProcessTransport

NETLIST_BOARD = "ulx3s-12f"
PATIENCE = 600.0  # seconds for a reply
RATE_ERROR = 0.01
Report = Callable[[str], None]


def twin(run: Run, path: Path, report: Report) -> Iterator[bytes]:
    """The replies of the twin."""
    board = TwinBoard(run.geometry, run.network)
    return (board.answer(step.command, step.payload) for step in run.steps)


def native(run: Run, path: Path, report: Report) -> Iterator[bytes]:
    """Of the compiled gateware of the run's geometry, which is built if need be."""
    from sim.native.build import build

    return _through_link(run, [str(build(run.geometry))], "the native engine")


def netlist(run: Run, path: Path, report: Report) -> Iterator[bytes]:
    """Of the board that has the run's geometry, or of `NETLIST_BOARD` synthesised with that geometry."""
    from sim.netlist import build

    known = [name for name, board in BOARDS.items() if board.geometry == run.geometry]
    made = build.netlist(NETLIST_BOARD if NETLIST_BOARD in known or not known else known[0], report, run.geometry)
    return _through_link(run, build.command(made, report, rate_error=RATE_ERROR), "the netlist")


def pysim(run: Run, path: Path, report: Report) -> Iterator[bytes]:
    """Of the gateware on Amaranth's simulator."""
    from sim.replay.amaranth_engine import replies

    return iter(replies(run))


def icarus(run: Run, path: Path, report: Report) -> Iterator[bytes]:
    """Of the gateware on Icarus; the simulation reads the file again."""
    from sim.replay.icarus_engine import replies

    return iter(replies(run, path))


ENGINES: dict[str, Callable[[Run, Path, Report], Iterator[bytes]]] = {
    "twin": twin,
    "native": native,
    "netlist": netlist,
    "pysim": pysim,
    "icarus": icarus,
}


def _through_link(run: Run, command: list[str], name: str) -> Iterator[bytes]:
    """As a host sends it: numbered, with the nonce of the board, as many at a time as its buffer holds."""
    transport = ProcessTransport(command)
    try:
        link = Link(transport, name, hello_timeout=120.0, reply_timeout=PATIENCE)
        shape = geometry_of(link.hello, name)
        if shape != run.geometry:
            raise RunFileError(f"{name} has another shape than the run: {json.dumps(vars(shape))}")
        yield from link.exchange(run.requests)
    finally:
        transport.close()
