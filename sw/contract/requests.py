"""The requests that give a board a network, its weights and ask for them: command and payload, in the order they are sent."""

import struct
from collections.abc import Iterable, Iterator
from typing import Protocol

from sw.contract.frames import Command
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.registers import configuration_bytes
from sw.contract.table import table_bytes

Request = tuple[Command, bytes]


class Row(Protocol):
    """Hidden weights of one neuron, int8: a NumPy array."""

    def tobytes(self) -> bytes:
        """One byte each."""
        ...


_ROW = struct.Struct("<H")
_ROW_AND_COUNT = struct.Struct("<HH")


def configure(network: Network, geometry: Geometry) -> list[Request]:
    """CONFIGURE and a TABLE for each layer. Raises `ContractError` for a network that does not fit the geometry."""
    registers = configuration_bytes(network, geometry)
    tables = [bytes([layer]) + table_bytes(network.table(layer)) for layer in range(network.depth)]
    return [(Command.CONFIGURE, registers), *((Command.TABLE, table) for table in tables)]


def write_row(row: int, values: Row) -> Request:
    """A WRITE of columns 0, 1, … of a row; the columns behind keep what they have."""
    return Command.WRITE, _ROW.pack(row) + values.tobytes()


def read_row(row: int, count: int) -> Request:
    """A READ of columns 0 … count-1 of a row."""
    return Command.READ, _ROW_AND_COUNT.pack(row, count)


def write(weights: Iterable[Iterable[Row]]) -> Iterator[Request]:
    """A WRITE for each row of `weights`: int8 arrays of shape (n_l, n_{l-1}), layer 1 first."""
    for row, values in enumerate(values for layer in weights for values in layer):
        yield write_row(row, values)


def read(network: Network) -> Iterator[Request]:
    """A READ for each row of the network."""
    for row, count in enumerate(fan_in for neurons, fan_in in network.shapes for _ in range(neurons)):
        yield read_row(row, count)
