"""Whether a network and a shape fit a board, and by how much they don't."""

import re
from pathlib import Path

from boards.error import RequestError
from boards.target import Target
from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.files.input import read_object

# A line of nextpnr's log about a resource: its name, used, available.
UTILISATION = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%$", re.MULTILINE)


def check_network(layers: tuple[int, ...], geometry: Geometry, target: Target) -> None:
    """Raise `RequestError` unless a network of these layers fits the shape."""
    try:
        geometry.check_fits(Network.of(layers=layers))
    except ContractError as error:
        raise RequestError(f"{target.name}: {error}") from error


def check_weights(geometry: Geometry, target: Target, device: str) -> None:
    """Raise `RequestError` unless the device has the blocks for the weights of the shape: before anything is run."""
    needed, there = target.family.weight_blocks(geometry), target.family.blocks(device)
    if needed > there:
        raise RequestError(
            f"the weights of {geometry.cells} cells of {geometry.synapses_per_cell} synapses and {geometry.memory_depth} "
            f"words need {needed} blocks of {target.family.memory}, and the {device} has {there}: {needed - there} too many"
        )


def check_design(counts: Path, target: Target, device: str) -> None:
    """Raise `RequestError` unless the device has the blocks of the synthesised design: before it is placed."""
    cells = read_object(counts)["design"]["num_cells_by_type"]
    needed, there = target.family.demand(cells), target.family.blocks(device)
    if needed > there:
        raise RequestError(
            f"the whole design needs {needed} blocks of {target.family.memory}, and the {device} has {there}: "
            f"{needed - there} too many; take fewer cells, rows or folds"
        )


def check_placed(log: Path, device: str) -> None:
    """Raise `RequestError` if nextpnr's log counts more of a resource than the device has: why it failed."""
    told = log.read_text(encoding="utf-8", errors="replace")
    counted = {name: (int(used), int(there)) for name, used, there in UTILISATION.findall(told)}
    for name, (used, there) in counted.items():
        if used > there:
            raise RequestError(f"the whole design needs {used} {name}, and the {device} has {there}: {used - there} too many")
