"""A request with what makes sense of its reply."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sw.contract.commands import Command
from sw.contract.requests import Request

T = TypeVar("T")


@dataclass(frozen=True)
class Question(Generic[T]):
    """A request; `read` takes its reply's payload, once, and gives what it means. `read` raises `LinkError`."""

    command: Command
    payload: bytes
    read: Callable[[bytes], T]

    @property
    def request(self) -> Request:
        """Without what its reply means."""
        return self.command, self.payload


def order(request: Request) -> Question[None]:
    """A request whose reply is empty."""
    return Question(*request, lambda reply: None)
