"""Fields one after another, lowest byte first: a header, the arguments of a command, a state, registers.

Each is declared once, with its width, its sign and what it may be, and addressed by its name everywhere: host, models and
gateware pack, cut and check by the same declaration, and `docs/protocol.md` tells it.
"""

import struct
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sw.contract.error import require

CODES = {8: "b", 16: "h", 32: "i", 64: "q"}  # of Python's `struct`, of signed numbers


class Limit(Enum):
    """What an argument has to be; a request with another is refused for its RANGE and changes nothing.

    A row is told as `row`, columns of it as `count` or by how many bytes follow.
    """

    TABLE = "0…L−1, or 4 + a table of gates and windows"
    ROW = "a row of the network"
    COLUMNS = "at most the array's columns"
    NOT_ZERO = "not 0"
    SLOT = "of the library or the next one; below 0, of the reservoir"
    STORED = "with `count` of them in the library"
    HOW = "0…3: 1 trains, 2 permutes"
    ROOM = "at most what the library leaves"


@dataclass(frozen=True)
class Field:
    """One number: its name, its width in bits on the wire (8, 16, 32 or 64), its sign, its limit, what it is about."""

    name: str
    width: int
    signed: bool = False
    limit: Limit | None = None
    about: str = ""

    @property
    def kind(self) -> str:
        """Sign and width as the documents write them: `u16`, `i8`."""
        return f"{'i' if self.signed else 'u'}{self.width}"


F = TypeVar("F", bound=Field)


class Structure(Generic[F]):
    """Fields in the order of their bytes.

    Members: `name`, which may be empty; `fields`; `names` of them; `size` in bytes.
    """

    def __init__(self, name: str, *fields: F) -> None:
        self.name, self.fields = name, fields
        self.names = tuple(field.name for field in fields)
        codes = (CODES[field.width] if field.signed else CODES[field.width].upper() for field in fields)
        self._struct = struct.Struct("<" + "".join(codes))
        self._values = namedtuple("Values", self.names)
        self.size = self._struct.size

    @classmethod
    def of(cls, name: str, annotated: type) -> "Structure[Field]":
        """The structure of a class whose fields are annotated with their widths, as `U16`, and without a sign."""
        hints = get_type_hints(annotated, include_extras=True)
        return Structure(name, *(Field(field, get_args(hint)[1]) for field, hint in hints.items()))

    def __iter__(self) -> Iterator[F]:
        return iter(self.fields)

    def __getitem__(self, name: str) -> F:
        return self.fields[self.names.index(name)]

    def offset(self, name: str) -> int:
        """Bytes before a field. Raises ValueError for a name that is not there."""
        return sum(field.width for field in self.fields[: self.names.index(name)]) // 8

    def pack(self, *values: int, **by_name: int) -> bytes:
        """The bytes of all fields, given in order or by name.

        Raises `ContractError` where one is missing or too many, `struct.error` where one has no room.
        """
        given = dict(zip(self.names, values, strict=False)) | by_name
        complete = len(values) + len(by_name) == len(self.names) and set(given) == set(self.names)
        require(complete, f"{self.name or 'the structure'} is made of {', '.join(self.names) or 'nothing'}")
        return self._struct.pack(*(given[name] for name in self.names))

    def unpack(self, data: bytes) -> Any:
        """The values, a named tuple, of exactly `size` bytes; `struct.error` for another number."""
        return self._values(*self._struct.unpack(data))

    def unpack_from(self, data: bytes) -> Any:
        """The same of what `data` begins with; `struct.error` if it is shorter."""
        return self._values(*self._struct.unpack_from(data))
