"""A session over a transport: each request carried out once, in order, whatever the line does to the bytes."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from sw.contract.commands import Command
from sw.contract.frames import Hello
from sw.contract.requests import Request
from sw.host.error import TransportError
from sw.host.frame_reader import END
from sw.host.session import Session
from sw.host.steps import Listen, Reply, Send, Steps
from sw.host.transport import Transport

READ_SIZE = 65536
QUIET = 0.05  # seconds without a byte after which old replies have drained
LONGEST_DRAIN = 1.0
REOPEN_EVERY = 0.25


class Link:
    """A board that answers frames.

    Parameters: `transport`, used by this link alone; `name` of the board in messages; `options` of its `Session`.
    Members: `session`; `wire_bytes` sent.

    Making a link synchronises: a delimiter ends what the board may have half received, old replies drain, HELLO is asked.
    Raises `LinkError`. A transport that has gone is opened again for as long as a reply is waited for.
    """

    def __init__(self, transport: Transport, name: str, **options: Any) -> None:
        self.name = name
        self.session = Session(name, clock=time.monotonic, **options)
        self.wire_bytes = 0
        self._transport = transport
        self._drain()
        self._begin()

    @property
    def hello(self) -> Hello:
        """What the board says of itself."""
        return self.session.hello

    @property
    def sequence(self) -> int:
        """The number of the last request."""
        return self.session.sequence

    @property
    def resent(self) -> int:
        """Requests that were sent again."""
        return self.session.resent

    @property
    def most_in_flight(self) -> int:
        """The highest number of decoded bytes ever in flight."""
        return self.session.most_in_flight

    def request(self, command: Command, payload: bytes = b"") -> bytes:
        """The reply's payload of a single request."""
        (reply,) = self.exchange([(command, payload)])
        return reply

    def exchange(self, requests: Iterable[Request]) -> Iterator[bytes]:
        """The replies' payloads, in order, as `Session.exchange` gives them; must be exhausted before the next call."""
        return self._carry(self.session.exchange(requests))

    def reconnect(self) -> None:
        """Say HELLO again after a `BoardResetError`: the board as it is now, in `hello`. Raises `LinkError`."""
        self._begin()

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _drain(self) -> None:
        """End what the board may have half received, and hear what it has said before."""
        self._transport.write(END)
        deadline = time.monotonic() + min(self.session.hello_timeout, LONGEST_DRAIN)
        while time.monotonic() < deadline and (data := self._transport.read(READ_SIZE, QUIET)):
            self.session.feed(data)

    def _begin(self) -> None:
        for _ in self._carry(self.session.begin()):
            pass

    def _carry(self, steps: Steps) -> Iterator[bytes]:
        for step in steps:
            match step:
                case Send():
                    self._write(step.data, step.deadline)
                case Listen():
                    self.session.feed(self._read(step.until))
                case Reply():
                    yield step.payload

    def _write(self, data: bytes, deadline: float) -> None:
        """Send, opening the transport again until `deadline` if it has gone: then nothing of it has arrived."""
        self.wire_bytes += len(data)
        try:
            self._transport.write(data)
        except TransportError as error:
            self._open_again(error, deadline)

    def _read(self, until: float) -> bytes:
        """What has come, or b"" when nothing has by `until`."""
        try:
            return self._transport.read(READ_SIZE, max(0.0, until - time.monotonic()))
        except TransportError as error:
            self._open_again(error, time.monotonic() + self.session.reply_timeout)
            return b""

    def _open_again(self, error: TransportError, deadline: float) -> None:
        """Try until the transport is there again; raise the first `error` at `deadline`, or at once where it cannot be."""
        while self._transport.reopens and time.monotonic() < deadline:
            time.sleep(min(REOPEN_EVERY, max(0.0, deadline - time.monotonic())))
            try:
                self._transport.reopen()
            except TransportError:
                continue
            return
        raise error
