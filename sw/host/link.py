"""Requests and replies over a transport: each carried out once, in order, whatever the line does to the bytes."""

import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator

from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import ERROR, OVERHEAD, REPLY, VERSION, Frame, Hello, Reason
from sw.contract.requests import Request
from sw.host.error import BoardResetError, LinkError, RefusedError, TransportError
from sw.host.frame_reader import END, FrameReader, encode
from sw.host.transport import Transport
from sw.host.window import Patience, Sent, Window

REASONS = {
    Reason.VERSION: "it speaks another version of this protocol; program it again",
    Reason.TYPE: "it does not know this command; program it again",
    Reason.NONCE: "it has been reset in between, what it had learned is gone; start again from a checkpoint",
    Reason.LENGTH: "the request has another length than the command asks for",
    Reason.UNCONFIGURED: "no network has been configured",
    Reason.RANGE: "a row, a column, a layer or a label lies outside the network",
    Reason.GAP: "it waits for another request, as if a second host spoke to it",
    Reason.SAMPLE: "the samples do not follow those that it has learned, as if a second host trained it",
}
READ_SIZE = 65536
QUIET = 0.05  # seconds without a byte after which old replies have drained
LONGEST_DRAIN = 1.0
HELLO_ATTEMPT = 0.5
RESEND_AFTER = 0.1  # the least patience on a real line
REOPEN_EVERY = 0.25
MOST_GAPS = 8  # for the same request: what the board waits for is none of ours
SEQUENCES = 1 << 16


class Link:
    """A board that answers frames.

    Parameters: `transport`, used by this link alone; `name` of the board in messages; `hello_timeout` seconds for the
    board to say HELLO; `reply_timeout` seconds without an expected reply after which it gives up; `resend_after` seconds, the
    least after which a request is sent again; `sequence`, the number of HELLO (any by default).
    Members: `hello`; `wire_bytes` sent; `most_in_flight`, the highest number of decoded bytes ever in flight; `resent`, the
    requests that were sent again.

    Making a link synchronises: a delimiter ends what the board may have half received, old replies drain, HELLO is asked.
    Raises `LinkError`. A transport that has gone is opened again for as long as a reply is waited for.
    """

    def __init__(
        self,
        transport: Transport,
        name: str,
        *,
        hello_timeout: float = 3.0,
        reply_timeout: float = 30.0,
        resend_after: float = RESEND_AFTER,
        sequence: int | None = None,
    ) -> None:
        self.name = name
        self.wire_bytes = self.most_in_flight = self.resent = 0
        self._transport = transport
        self._hello_timeout, self._reply_timeout = hello_timeout, reply_timeout
        self._patience = Patience(resend_after)
        self._reader = FrameReader()
        self._received: deque[Frame] = deque()
        self._sequence = secrets.randbelow(SEQUENCES) if sequence is None else sequence
        self._drain(hello_timeout)
        self.hello = self._say_hello(hello_timeout)
        self._in_session = True

    @property
    def sequence(self) -> int:
        """The number of the last request."""
        return self._sequence

    def request(self, command: Command, payload: bytes = b"") -> bytes:
        """The reply's payload of a single request."""
        (reply,) = self.exchange([(command, payload)])
        return reply

    def exchange(self, requests: Iterable[Request]) -> Iterator[bytes]:
        """Send all requests, keep the board's buffer filled, give the replies' payloads in order.

        The generator must be exhausted before the next call. Raises `RefusedError` for an ERROR reply: neither that request
        nor any after it has been carried out. `BoardResetError` where the board has been reset, `LinkError` where it does not
        answer any more: of the requests in flight, any number may have been carried out, from the oldest on.
        """
        if not self._in_session:
            self._resume()
        self._in_session = False  # until all of it has been answered
        window = Window(self.hello.buffer_bytes)
        for command, payload in requests:
            size = OVERHEAD + len(payload)
            if size > self.hello.buffer_bytes:
                raise LinkError(f"a request has {size} bytes and {self.name} has room for {self.hello.buffer_bytes}")
            while not window.has_room(command, payload):
                yield self._take_reply(window)
            self._send(window, command, payload)
        while window:
            yield self._take_reply(window)
        self._in_session = True

    def reconnect(self) -> None:
        """Say HELLO again after a `BoardResetError`: the board as it is now, in `hello`. Raises `LinkError`."""
        self._sequence = (self._sequence + 1) % SEQUENCES
        self.hello = self._say_hello(self._hello_timeout)
        self._in_session = True

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _resume(self) -> None:
        """A new session behind all numbers of the last one, whose end is not known."""
        before = self.hello.nonce
        self.reconnect()
        if self.hello.nonce != before:
            self._in_session = False
            raise BoardResetError(f"{self.name}: {REASONS[Reason.NONCE]}")

    def _drain(self, timeout: float) -> None:
        """End what the board may have half received, and throw away what it has said before."""
        self._transport.write(END)
        deadline = time.monotonic() + min(timeout, LONGEST_DRAIN)
        while time.monotonic() < deadline and (data := self._transport.read(READ_SIZE, QUIET)):
            self._received.extend(self._reader.feed(data))

    def _say_hello(self, timeout: float) -> Hello:
        """Ask with the same number until its reply comes: whichever copy comes last, the session begins behind it."""
        asked = Frame(type=Command.HELLO, sequence=self._sequence, nonce=0)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._write(END + encode(asked), deadline)
            attempt = min(deadline, time.monotonic() + HELLO_ATTEMPT)
            while frame := self._receive(attempt):
                if frame.sequence == asked.sequence and frame.type == Command.HELLO | REPLY:
                    return self._read_hello(frame)
                if frame.sequence == asked.sequence and frame.type == ERROR:
                    raise self._refusal(frame, "HELLO")
        if self._reader.other_version is not None:
            spoken = self._reader.other_version
            raise LinkError(f"{self.name} speaks version {spoken} of this protocol, expected {VERSION}: program it again")
        if self._reader.silent:
            raise LinkError(f"{self.name} does not answer: check the port, the cable and that it is programmed")
        raise LinkError(f"{self.name} answers, but not as a metaplast board does: check the port")

    def _read_hello(self, frame: Frame) -> Hello:
        try:
            return Hello.unpack(frame.payload)
        except ContractError as error:
            raise LinkError(f"{self.name} speaks another version of this protocol: {error}") from error

    def _send(self, window: Window, command: Command, payload: bytes) -> None:
        self._sequence = (self._sequence + 1) % SEQUENCES
        frame = Frame(type=command, sequence=self._sequence, nonce=self.hello.nonce, payload=payload)
        sent = window.add(frame)
        self.most_in_flight = max(self.most_in_flight, window.bytes)
        self._write(sent.data, time.monotonic() + self._reply_timeout)

    def _send_again(self, window: Window, deadline: float) -> None:
        """Everything in flight: from the oldest on, for the board takes nothing behind a gap."""
        for sent in window:
            sent.again = True
        self.resent += len(window)
        self._write(END + b"".join(sent.data for sent in window), deadline)

    def _take_reply(self, window: Window) -> bytes:
        """The payload of the reply to the oldest request; takes that request off the window."""
        asked = window.oldest
        begun = time.monotonic()
        deadline, late = begun + self._reply_timeout, begun + self._patience.seconds
        gaps, may_resend = 0, True
        while True:
            until = min(late, deadline)
            frame = self._receive(until)
            now = time.monotonic()
            if frame is None:
                deadline += max(0.0, now - until)  # a program that was stopped (Ctrl-Z) has not looked meanwhile
                if now >= deadline:
                    raise self._gives_up(asked)
                self._patience.in_vain()
            elif frame.sequence == asked.frame.sequence:
                if frame.type == asked.frame.type | REPLY:
                    self._patience.answered(window.take())
                    return frame.payload
                gaps += self._is_gap(frame, asked)
                if gaps > MOST_GAPS or not self._is_gap(frame, asked):
                    raise self._refusal(frame, Command(asked.frame.type).name)
            elif frame.sequence not in window:
                continue  # an old one
            # Late, a gap before it, or the oldest reply was lost: go back, once for all that was in flight.
            if frame is None or may_resend:
                self._send_again(window, deadline)
                may_resend, late = frame is None, time.monotonic() + self._patience.seconds

    def _is_gap(self, frame: Frame, asked: Sent) -> bool:
        return frame.type == ERROR and frame.payload == bytes([Reason.GAP, asked.frame.type])

    def _gives_up(self, asked: Sent) -> LinkError:
        command = Command(asked.frame.type).name
        return LinkError(f"{self.name} has not answered {command} for {self._reply_timeout:g} seconds")

    def _write(self, data: bytes, deadline: float) -> None:
        """Send, opening the transport again until `deadline` if it has gone: then nothing of it has arrived."""
        self.wire_bytes += len(data)
        try:
            self._transport.write(data)
        except TransportError as error:
            self._open_again(error, deadline)

    def _receive(self, deadline: float) -> Frame | None:
        """The next frame, or None when none has come by `deadline` (of `time.monotonic`)."""
        while not self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                self._received.extend(self._reader.feed(self._transport.read(READ_SIZE, left)))
            except TransportError as error:
                self._open_again(error, time.monotonic() + self._reply_timeout)
        return self._received.popleft()

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

    def _refusal(self, frame: Frame, command: str) -> LinkError:
        if frame.type != ERROR or len(frame.payload) != 2:
            return LinkError(f"{self.name} answered {command} with a frame of type {frame.type}: program it again")
        reason = frame.payload[0]
        known = reason in REASONS
        words = REASONS[Reason(reason)] if known else f"reason {reason}, which this version does not know"
        if reason == Reason.NONCE:
            return BoardResetError(f"{self.name} refused {command}: {words}")
        return RefusedError(f"{self.name} refused {command}: {words}")
