"""What whoever carries the bytes of a session is to do, one step after the other (`sw.host.session`)."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Send:
    """Bytes for the board; a line that is gone may come back until `deadline`, then they are given up."""

    data: bytes
    deadline: float


@dataclass(frozen=True)
class Listen:
    """Bytes of the board, at least one of them, or none where `until` has passed, are to be fed."""

    until: float


@dataclass(frozen=True)
class Reply:
    """The payload of a reply."""

    payload: bytes


Steps = Iterator[Send | Listen | Reply]
