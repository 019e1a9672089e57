"""From options to the things they name: a network, a checkpoint, a board with that state on it, samples."""

from pathlib import Path

from sw.contract.configuration import configuration_from_toml
from sw.contract.error import ContractError
from sw.contract.geometry_text import parse_geometry
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.files.error import FileError
from sw.files.input import read_text
from sw.host import known_boards
from sw.host.error import InputError


def read_configuration(path: Path) -> tuple[Network, Rehearsal]:
    """What a configuration file says. Raises `InputError` that names the file."""
    try:
        return configuration_from_toml(read_text(path))
    except FileError as error:
        raise InputError(str(error)) from error
    except ContractError as error:
        raise InputError(f"{path}: {error}") from error


def read_network(path: Path) -> Network:
    """The network alone of a configuration file. Raises `InputError` that names the file."""
    return read_configuration(path)[0]


def port_path(port: str | None) -> Path | None:
    """The file of a port, which is no output; None for a URL."""
    return Path(port) if port is not None and "://" not in port else None


def find_board(name: str, port: str | None, geometry: str | None, network: Network) -> known_boards.Board:
    """The board of the options, not opened yet. Raises where there is none or the network does not fit it."""
    board = known_boards.find(name, port, parse_geometry(geometry) if geometry is not None else None)
    board.check_fits(network)
    return board


def rehearsal_asked(configured: Rehearsal, *options: int | None) -> Rehearsal:
    """The rehearsal of a configuration with the options over it, in the order of its fields; None for one that is not given.

    Raises `InputError` where these say how nothing is rehearsed, `ContractError` for one out of range.
    """
    asked = configured.with_options(*options)
    if not asked.size and any(option is not None for option in options[1:]):
        raise InputError("there is nothing to rehearse from: give --rehearsal R too, the past samples to keep")
    return asked
