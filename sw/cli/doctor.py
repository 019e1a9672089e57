"""`metaplast doctor`: what this machine has and lacks, and what to do about it."""

from collections.abc import Iterator
from typing import Annotated

import typer

from sw.contract.board_table import BOARDS, board_name
from sw.host.doctor.board_answer import board_answer
from sw.host.doctor.bootloaders import bootloaders
from sw.host.doctor.finding import Finding
from sw.host.doctor.serial_ports import ports
from sw.host.doctor.software import software
from sw.host.error import BoardError
from sw.host.ports import find_port, named
from sw.terminal.options import Port


def findings(board: str | None, port: str | None) -> Iterator[Finding]:
    """Everything that is looked at; the board itself only where one is named."""
    yield from software()
    if board is not None and port is None:
        try:
            port = find_port(board)
        except BoardError as error:
            yield Finding(f"the port of {board}", "not found", str(error))
    about_ports = list(ports(port))
    yield from about_ports
    yield from bootloaders()
    if port is not None and not any(finding.needed and finding.remedy for finding in about_ports):
        yield from board_answer(port, board)


def doctor(
    board: Annotated[str | None, typer.Option("--board", help="A board that has to answer.", metavar="B")] = None,
    port: Port = None,
) -> None:
    """Look for tools, packages, data and serial ports; with --board or --port, ask the board what it is.

    Exit status 2 where something that is needed is missing.
    """
    known = board_name(board) if board is not None else None
    if known is not None and known not in BOARDS:
        raise BoardError(f"{board} is no board with a port: choose one of {', '.join(BOARDS)}, or leave --board away")
    lacking = []
    for finding in findings(known, named(port, known) if port is not None else None):
        typer.echo(_lines(finding))
        if finding.needed and finding.remedy:
            lacking.append(finding)
    if lacking:
        raise BoardError("; ".join(f"{finding.what}: {finding.found}, {finding.remedy}" for finding in lacking))
    typer.echo("everything that is needed is there")


def _lines(finding: Finding) -> str:
    """What was found and, below it, what to do: unbroken, so that a command can be copied."""
    mark = "ok" if not finding.remedy else "missing" if finding.needed else "optional"
    first = f"{mark:<9} {finding.what}: {finding.found}"
    return f"{first}\n{'':<9}   to do: {finding.remedy}" if finding.remedy else first
