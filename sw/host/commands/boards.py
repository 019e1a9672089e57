"""`metaplast boards`: what can be named after --board."""

from rich.console import Console
from rich.table import Table

from sw.contract.boards import ALIASES, BOARDS
from sw.contract.geometry import Geometry
from sw.host.boards import SIMULATED, names

ABOUT = {
    "twin": "the machine in PyTorch, bit for bit",
    "sim": "the gateware compiled to native code",
}


def boards() -> None:
    """List the boards, their shape and how they are reached."""
    table = Table("board", "columns", "rows", "synapses a cycle", "folds", "reached by")
    for name in names():
        geometry = BOARDS[name].geometry if name in BOARDS else SIMULATED if name == "sim" else None
        also = [alias for alias, meant in ALIASES.items() if meant == name]
        table.add_row(" = ".join([name, *also]), *_shape(geometry), ABOUT.get(name, "--port"))
    Console().print(table)


def _shape(geometry: Geometry | None) -> list[str]:
    if geometry is None:
        return ["any", "any", "-", "-"]
    return [str(n) for n in (geometry.columns, geometry.rows, geometry.columns_per_fold, geometry.folds)]
