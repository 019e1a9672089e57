"""What a command is: the parts of its request and of its reply, and when it may come.

`sw.contract.commands` is the table; board, host, models and documents loop over it.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from sw.contract.error import require
from sw.contract.payload import Columns, Items, Part, Pixels, fixed_length
from sw.contract.structure import Field, Structure


@dataclass(frozen=True, kw_only=True)
class Specification:
    """One command.

    Parameters
    ----------
    front : the fields at the front of a request's payload
    arguments : how many of them the board has to know before it changes anything; all, if it is not said
    rest : the parts that follow. With `Items`, which are samples then, the last argument is `count`, of 8 bits
    optional : a request may come without any payload, too; it then only asks
    reply : the parts of the reply's payload; a `count` is that of the request
    streams : its samples go to the engine while that works on those before; any other command waits until the engine is at rest
    needs_network : it is refused as UNCONFIGURED before there is a network
    needs_memory : a board without sample memory does not know it
    changes : it changes the board (an `optional` one, if it has a payload): a repetition is answered and not done
    in_session : it needs the nonce and a number that follows; the one that does not begins a session
    """

    front: Structure[Field] = Structure("")
    arguments: int | None = None
    rest: tuple[Part, ...] = ()
    optional: bool = False
    reply: tuple[Part, ...] = ()
    streams: bool = False
    needs_network: bool = False
    needs_memory: bool = False
    changes: bool = False
    in_session: bool = True

    def __post_init__(self) -> None:
        counts = any(isinstance(part, Items) for part in (*self.rest, *self.reply))
        last = self.known[-1] if self.known else None
        require(not counts or (last is not None and last.name == "count"), "items need a count, the last argument")
        told = not self.optional or self.argument_bytes != self.length
        require(told, "what may be left out needs something behind its arguments, by which the board sees that it has come")

    @property
    def known(self) -> tuple[Field, ...]:
        """The arguments."""
        return self.front.fields[: self.arguments]

    @property
    def argument_bytes(self) -> int:
        """Bytes of the arguments."""
        return sum(field.width for field in self.known) // 8

    @property
    def counts_samples(self) -> bool:
        """As many samples follow as the last argument says."""
        return any(isinstance(part, Items) for part in self.rest)

    @property
    def fills_row(self) -> bool:
        """The rest of a request are columns of a row, at most as many as the array has."""
        return any(isinstance(part, Columns) for part in self.rest)

    @property
    def length(self) -> int | None:
        """Bytes of a payload that always has as many, None for one that has not; an `optional` one may also have none."""
        return fixed_length(self.front, *self.rest)

    @property
    def reply_length(self) -> int | None:
        """Bytes of a reply that always has as many, None for one that has not."""
        return fixed_length(*self.reply)

    def fits(self, payload: bytes, inputs: int = 0) -> bool:
        """Whether a payload has a length that the command may have; `inputs` of the network."""
        if not payload and self.optional:
            return True
        if self.length is not None or len(payload) < self.argument_bytes:
            return len(payload) == self.length
        if self.fills_row:
            return True
        pixels = [part.length(inputs) for part in self.rest if isinstance(part, Pixels)]
        if pixels:
            return len(payload) == self.front.size + sum(pixels)
        return len(payload) == self.argument_bytes + payload[self.argument_bytes - 1] * self.item_length(inputs)

    def item_length(self, inputs: int) -> int:
        """Bytes of a request for each one that it counts: a sample's image and label."""
        return sum(part.length(inputs) for part in self.rest if isinstance(part, Items))


class CommandTable(IntEnum):
    """Commands: a member is the number of its type on the wire, and `spec` is what it means."""

    spec: Specification

    def __new__(cls, code: int, spec: Specification) -> Self:
        member = int.__new__(cls, code)
        member._value_, member.spec = code, spec
        return member

    def payload(self, *rest: bytes, **front: int) -> bytes:
        """The payload of a request: the fields at its front by name, then its other parts. Raises `ContractError`."""
        return self.spec.front.pack(**front) + b"".join(rest)

    def read(self, payload: bytes) -> tuple[Any, bytes]:
        """The inverse: the fields at the front of a payload that `fits`, and what follows them."""
        return self.spec.front.unpack_from(payload), payload[self.spec.front.size :]
