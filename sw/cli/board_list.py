"""`metaplast boards`: what can be named after --board, and the serial ports with what may be on them."""

import typer
from rich.table import Column, Table

from sw.contract.board_table import ALIASES, BOARDS
from sw.contract.geometry import Geometry
from sw.figures.table import show
from sw.host.known_boards import ABOUT, SIMULATED, SIMULATED_MEMORY, names
from sw.host.ports import serial_ports
from sw.host.usb import usb_serials


def boards() -> None:
    """List the boards, their shape and how they are reached, and the serial ports that there are."""
    heads = "columns x rows", "synapses a cycle", "folds", "sample memory"
    table = Table(Column("board", no_wrap=True), *heads, Column("reached by", overflow="fold"))
    for name in names():
        geometry = BOARDS[name].geometry if name in BOARDS else SIMULATED if name == "sim" else None
        also = [alias for alias, meant in ALIASES.items() if meant == name]
        table.add_row(" = ".join([name, *also]), *_shape(geometry), _memory(name), ABOUT.get(name) or _usb(name))
    show(table)
    ports = [line for port in serial_ports() for line in (f"  {port}", *(f"    {link}" for link in port.links))]
    typer.echo("\n".join(["serial ports:", *ports]) if ports else "serial ports: none")


def _shape(geometry: Geometry | None) -> list[str]:
    if geometry is None:
        return ["any", "-", "-"]
    return [f"{geometry.columns} x {geometry.rows}", str(geometry.columns_per_fold), str(geometry.folds)]


def _memory(board: str) -> str:
    """Where a board keeps samples that it plays and rehearses; "-" where it keeps none, and the host rehearses."""
    size = BOARDS[board].sample_memory if board in BOARDS else SIMULATED_MEMORY if board == "sim" else None
    return "any" if size is None else f"{size >> 20} MiB" if size else "-"


def _usb(board: str) -> str:
    chips = [f"USB {chip.vendor:04x}:{chip.product:04x}, {chip.chip}" for chip in usb_serials(board)]
    return " or ".join(chips) or "--port, an adapter"
