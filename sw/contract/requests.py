"""The requests that a host makes: command and payload; those that give a board a network in the order they are sent."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sw.contract.commands import Command
from sw.contract.frames import FIRST
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


def configure(network: Network, geometry: Geometry) -> list[Request]:
    """CONFIGURE and a TABLE for each layer. Raises `ContractError` for a network that does not fit the geometry."""
    registers = Command.CONFIGURE.payload(configuration_bytes(network, geometry))
    tables = [Command.TABLE.payload(table_bytes(network.table(layer)), layer=layer) for layer in range(network.depth)]
    return [(Command.CONFIGURE, registers), *((Command.TABLE, table) for table in tables)]


def write_row(row: int, values: Row) -> Request:
    """A WRITE of columns 0, 1, … of a row; the columns behind keep what they have."""
    return Command.WRITE, Command.WRITE.payload(values.tobytes(), row=row)


def read_row(row: int, count: int) -> Request:
    """A READ of columns 0 … count-1 of a row."""
    return Command.READ, Command.READ.payload(row=row, count=count)


def write(weights: Iterable[Iterable[Row]]) -> Iterator[Request]:
    """A WRITE for each row of `weights`: int8 arrays of shape (n_l, n_{l-1}), layer 1 first."""
    for row, values in enumerate(values for layer in weights for values in layer):
        yield write_row(row, values)


def read(network: Network) -> Iterator[Request]:
    """A READ for each row of the network."""
    for row, count in enumerate(fan_in for neurons, fan_in in network.shapes for _ in range(neurons)):
        yield read_row(row, count)


def train_payload(first: int, labels: Sequence[int], images: bytes) -> bytes:
    """The payload of TRAIN: `first` training samples came before it; the labels, and the packed images one after another."""
    told = b"".join(label.to_bytes(2, "little") for label in labels)
    return Command.TRAIN.payload(told, images, first=first % FIRST, count=len(labels))


def store_payload(slot: int, labels: Sequence[int], images: bytes) -> bytes:
    """The payload of STORE: the labels and the packed images for the slots from `slot` on."""
    told = b"".join(label.to_bytes(2, "little") for label in labels)
    return Command.STORE.payload(told, images, slot=slot, count=len(labels))


def infer_payload(count: int, images: bytes) -> bytes:
    """The payload of INFER: so many packed images one after another."""
    return Command.INFER.payload(images, count=count)
