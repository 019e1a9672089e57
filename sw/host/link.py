"""Requests and replies over a transport: sequence numbers, several in flight, time limits, refusals in words."""

import time
from collections import deque
from collections.abc import Iterable, Iterator

from sw.contract.error import ContractError
from sw.contract.frames import ERROR, OVERHEAD, REPLY, Command, Frame, Hello, Reason
from sw.host.error import LinkError, RefusedError
from sw.host.frame_reader import END, FrameReader, encode
from sw.host.transport import Transport

Request = tuple[Command, bytes]

REASONS = {
    Reason.VERSION: "it speaks another version of this protocol; program it again",
    Reason.TYPE: "it does not know this command; program it again",
    Reason.NONCE: "it has been reset in between, what it had learned is gone; start again from a checkpoint",
    Reason.LENGTH: "the request has another length than the command asks for",
    Reason.UNCONFIGURED: "no network has been configured",
    Reason.RANGE: "a row, a column, a layer or a label lies outside the network",
}
READ_SIZE = 65536
QUIET = 0.05  # seconds without a byte after which old replies have drained
LONGEST_DRAIN = 1.0
HELLO_ATTEMPT = 0.5


class Link:
    """A board that answers frames.

    Parameters: `transport`, used by this link alone; `name` of the board in messages; `hello_timeout` seconds for the
    board to say HELLO; `reply_timeout` seconds between two replies while requests are in flight.
    Members: `hello`; `wire_bytes` sent; `most_in_flight`, the highest number of decoded bytes ever in flight.

    At most `hello.buffer_bytes` decoded bytes of requests are in flight, so none is dropped for want of room. Making a
    link synchronises: a delimiter ends what the board may have half received, old replies drain, HELLO is asked. Raises
    `LinkError`.
    """

    def __init__(
        self, transport: Transport, name: str, *, hello_timeout: float = 3.0, reply_timeout: float = 10.0
    ) -> None:
        self.name = name
        self.wire_bytes = 0
        self.most_in_flight = 0
        self._transport = transport
        self._reply_timeout = reply_timeout
        self._reader = FrameReader()
        self._received: deque[Frame] = deque()
        self._sequence = 0
        self._nonce = 0
        self.hello = self._connect(hello_timeout)
        self._nonce = self.hello.nonce

    def request(self, command: Command, payload: bytes = b"") -> bytes:
        """The reply's payload of a single request."""
        (reply,) = self.exchange([(command, payload)])
        return reply

    def exchange(self, requests: Iterable[Request]) -> Iterator[bytes]:
        """Send all requests, keep the board's buffer filled, give the replies' payloads in order.

        The generator must be exhausted before the next call. Raises `RefusedError` for an ERROR reply, after the
        replies to what was already sent have been taken in, and `LinkError` when a reply is late or another one.
        """
        waiting: deque[tuple[Frame, int]] = deque()
        in_flight = 0
        for command, payload in requests:
            size = OVERHEAD + len(payload)
            if size > self.hello.buffer_bytes:
                raise LinkError(f"a request has {size} bytes and {self.name} has room for {self.hello.buffer_bytes}")
            while in_flight + size > self.hello.buffer_bytes:
                in_flight -= waiting[0][1]
                yield self._take_reply(waiting)
            frame = self._send(command, payload)
            waiting.append((frame, size))
            in_flight += size
            self.most_in_flight = max(self.most_in_flight, in_flight)
        while waiting:
            yield self._take_reply(waiting)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _connect(self, timeout: float) -> Hello:
        self._transport.write(END)
        deadline = time.monotonic() + min(timeout, LONGEST_DRAIN)
        silent = True
        while time.monotonic() < deadline and self._transport.read(READ_SIZE, QUIET):
            silent = False
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            asked = self._send(Command.HELLO, b"")
            attempt = min(deadline, time.monotonic() + HELLO_ATTEMPT)
            while frame := self._receive(attempt):
                silent = False
                # An older HELLO's reply is as good as this one's; its nonce is the board's.
                if frame.type == Command.HELLO | REPLY:
                    return self._read_hello(frame)
                if frame.type == ERROR and frame.sequence == asked.sequence:
                    raise self._refusal(frame)
            silent = silent and not self._reader.garbage and not self._reader.held
        if silent:
            raise LinkError(f"{self.name} does not answer: check the port, the cable and that it is programmed")
        raise LinkError(f"{self.name} answers, but not as a metaplast board does: check the port")

    def _read_hello(self, frame: Frame) -> Hello:
        try:
            return Hello.unpack(frame.payload)
        except ContractError as error:
            raise LinkError(f"{self.name} speaks another version of this protocol: {error}") from error

    def _send(self, command: Command, payload: bytes) -> Frame:
        self._sequence = (self._sequence + 1) & 0xFFFF
        frame = Frame(type=command, sequence=self._sequence, nonce=self._nonce, payload=payload)
        data = encode(frame)
        self.wire_bytes += len(data)
        self._transport.write(data)
        return frame

    def _receive(self, deadline: float) -> Frame | None:
        """The next frame, or None when none has come by `deadline` (of `time.monotonic`)."""
        while not self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._received.extend(self._reader.feed(self._transport.read(READ_SIZE, left)))
        return self._received.popleft()

    def _take_reply(self, waiting: deque[tuple[Frame, int]]) -> bytes:
        """The reply to the oldest request; takes that request off `waiting`."""
        asked, _ = waiting.popleft()
        deadline = time.monotonic() + self._reply_timeout
        command = Command(asked.type).name
        while frame := self._receive(deadline):
            if frame.sequence != asked.sequence:
                if frame.sequence in (later.sequence for later, _ in waiting):
                    raise LinkError(f"the reply of {self.name} to {command} was lost: start again from a checkpoint")
                continue  # an old one
            if frame.type == asked.type | REPLY:
                return frame.payload
            for _ in range(len(waiting)) if frame.type == ERROR else ():
                self._receive(deadline)
            raise self._refusal(frame, command)
        raise LinkError(f"{self.name} has not answered {command} for {self._reply_timeout:g} seconds")

    def _refusal(self, frame: Frame, command: str = "HELLO") -> LinkError:
        if frame.type != ERROR or len(frame.payload) != 2:
            return LinkError(f"{self.name} answered {command} with a frame of type {frame.type}: program it again")
        reason = frame.payload[0]
        known = reason in REASONS
        words = REASONS[Reason(reason)] if known else f"reason {reason}, which this version does not know"
        return RefusedError(f"{self.name} refused {command}: {words}")
