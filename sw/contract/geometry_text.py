"""A geometry as text: the name of a board, or its numbers."""

from dataclasses import MISSING, fields

from sw.contract.board_table import BOARDS, board_name
from sw.contract.error import ContractError, require, shown
from sw.contract.geometry import Geometry


def parse_geometry(text: str) -> Geometry:
    """The geometry of `ulx3s-85f` or of `columns=784,rows=512,grid_height=7,…`; what has a default may be left out.

    Raises `ContractError` for an unknown name or field, for a missing one and for what `Geometry` refuses.
    """
    if "=" not in text:
        name = board_name(text)
        require(name in BOARDS, f"unknown geometry {shown(text)}, expected one of {', '.join(BOARDS)} or columns=…,rows=…")
        return BOARDS[name].geometry
    known = [field.name for field in fields(Geometry)]
    values: dict[str, int] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        require(name in known, f"unknown field {shown(name)} of a geometry, expected {', '.join(known)}")
        try:
            values[name] = int(value)
        except ValueError as error:
            raise ContractError(f"{name} is {shown(value)}, expected an integer") from error
    missing = [field.name for field in fields(Geometry) if field.default is MISSING and field.name not in values]
    require(not missing, f"a geometry without {', '.join(missing)}: give each of {', '.join(known)}")
    return Geometry(**values)


def geometry_text(geometry: Geometry) -> str:
    """The inverse of `parse_geometry`, by numbers."""
    return ",".join(f"{field.name}={getattr(geometry, field.name)}" for field in fields(geometry))
