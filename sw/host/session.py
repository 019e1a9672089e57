"""The host's end of the link without a line: what to send, what bytes mean that come, when to send again.

Nothing here reads, writes or waits. Whoever carries the bytes goes through the steps of `begin` and `exchange` and does each:

    for step in session.exchange(requests):
        match step:
            case Send():    the data go to the board
            case Listen():  session.feed(what has come by then)
            case Reply():   the payload of the next reply

`sw.host.link` does so over a port or a process, the benches in `sim` over a simulator.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable

from sw.contract.commands import Command
from sw.contract.frames import ERROR, OVERHEAD, REPLY, Frame, Hello, Reason
from sw.contract.requests import Request
from sw.host.error import BoardResetError, LinkError
from sw.host.frame_reader import END, FrameReader, encode
from sw.host.refusal import REASONS, hello_of, refusal, unanswered
from sw.host.steps import Listen, Reply, Send, Steps
from sw.host.window import Patience, Sent, Window

HELLO_ATTEMPT = 0.5
RESEND_AFTER = 0.1  # the least patience on a real line
MOST_GAPS = 8  # for the same request: what the board waits for is none of ours
SEQUENCES = 1 << 16


class Session:
    """What a host and a board have said to each other.

    Parameters: `name` of the board in messages; `clock`, seconds that do not go back (they may stand still: then nothing is
    late); `hello_timeout` seconds for the board to say HELLO; `reply_timeout` seconds without an expected reply after which
    it gives up; `resend_after` seconds, the least after which a request is sent again; `sequence`, the number of the first
    HELLO (any by default).
    Members: `hello`, once it has been told; `sequence`, the number of the last request; `most_in_flight`, the highest number
    of decoded bytes ever in flight; `resent`, the requests that were sent again.
    """

    hello: Hello

    def __init__(
        self,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        hello_timeout: float = 3.0,
        reply_timeout: float = 30.0,
        resend_after: float = RESEND_AFTER,
        sequence: int | None = None,
    ) -> None:
        self.name = name
        self.most_in_flight = self.resent = 0
        self.hello_timeout, self.reply_timeout = hello_timeout, reply_timeout
        self._clock, self._patience = clock, Patience(resend_after)
        self._reader = FrameReader()
        self._received: deque[Frame] = deque()
        self.sequence = (secrets.randbelow(SEQUENCES) if sequence is None else sequence) - 1
        self._in_session = False

    @property
    def held(self) -> int:
        """Bytes of a frame that has not ended yet."""
        return self._reader.held

    @property
    def unread(self) -> int:
        """Frames that have come and have not been looked at."""
        return len(self._received)

    def feed(self, data: bytes) -> None:
        """Bytes that came from the board, cut anywhere."""
        self._received.extend(self._reader.feed(data))

    def begin(self) -> Steps:
        """Say HELLO until it is answered; then there is a session, behind all numbers of the one before.

        Raises `LinkError` where nothing answers in time, or not as a board does.
        """
        self._count()
        # Always with the same number: whichever copy comes last, the session begins behind it.
        asked = Frame(type=Command.HELLO, sequence=self.sequence, nonce=0)
        deadline = self._clock() + self.hello_timeout
        while self._clock() < deadline:
            yield Send(END + encode(asked), deadline)
            attempt = min(deadline, self._clock() + HELLO_ATTEMPT)
            while (frame := (yield from self._frame(attempt))) is not None:
                if frame.sequence == asked.sequence and frame.type == Command.HELLO | REPLY:
                    self.hello, self._in_session = hello_of(frame, self.name), True
                    return
                if frame.sequence == asked.sequence and frame.type == ERROR:
                    raise refusal(frame, Command.HELLO, self.name)
        raise unanswered(self._reader, self.name)

    def exchange(self, requests: Iterable[Request]) -> Steps:
        """Send all requests, keep the board's buffer filled, give the replies in order.

        The steps must be gone through to their end before the next call. Raises `RefusedError` for an ERROR reply: neither
        that request nor any after it has been carried out. `BoardResetError` where the board has been reset, `LinkError` where
        it does not answer any more: of the requests in flight, any number may have been carried out, from the oldest on.
        """
        if not self._in_session:
            yield from self._resume()
        self._in_session = False  # until all of it has been answered
        window = Window(self.hello.buffer_bytes)
        for command, payload in requests:
            size = OVERHEAD + len(payload)
            if size > self.hello.buffer_bytes:
                raise LinkError(f"a request has {size} bytes and {self.name} has room for {self.hello.buffer_bytes}")
            while not window.has_room(command, payload):
                yield Reply((yield from self._reply(window)))
            yield self._send(window, command, payload)
        while window:
            yield Reply((yield from self._reply(window)))
        self._in_session = True

    def _resume(self) -> Steps:
        """A new session after one whose end is not known."""
        before = self.hello.nonce
        yield from self.begin()
        if self.hello.nonce != before:
            self._in_session = False
            raise BoardResetError(f"{self.name}: {REASONS[Reason.NONCE]}")

    def _count(self) -> None:
        self.sequence = (self.sequence + 1) % SEQUENCES

    def _send(self, window: Window, command: Command, payload: bytes) -> Send:
        self._count()
        now = self._clock()
        sent = window.add(Frame(type=command, sequence=self.sequence, nonce=self.hello.nonce, payload=payload), now)
        self.most_in_flight = max(self.most_in_flight, window.bytes)
        return Send(sent.data, now + self.reply_timeout)

    def _send_again(self, window: Window, deadline: float) -> Send:
        """Everything in flight: from the oldest on, for the board takes nothing behind a gap."""
        for sent in window:
            sent.again = True
        self.resent += len(window)
        return Send(END + b"".join(sent.data for sent in window), deadline)

    def _frame(self, until: float) -> Generator[Listen, None, Frame | None]:
        """The next frame, or None when none has come by `until`."""
        while not self._received:
            if self._clock() >= until:
                return None
            yield Listen(until)
        return self._received.popleft()

    def _reply(self, window: Window) -> Generator[Send | Listen, None, bytes]:
        """The payload of the reply to the oldest request; takes that request off the window."""
        asked = window.oldest
        begun = self._clock()
        deadline, late = begun + self.reply_timeout, begun + self._patience.seconds
        gaps, may_resend = 0, True
        while True:
            until = min(late, deadline)
            frame = yield from self._frame(until)
            now = self._clock()
            if frame is None:
                deadline += max(0.0, now - until)  # a program that was stopped (Ctrl-Z) has not looked meanwhile
                if now >= deadline:
                    raise self._gives_up(asked)
                self._patience.in_vain()
            elif frame.sequence == asked.frame.sequence:
                if frame.type == asked.frame.type | REPLY:
                    self._patience.answered(window.take(), now)
                    return frame.payload
                gaps += _is_gap(frame, asked)
                if gaps > MOST_GAPS or not _is_gap(frame, asked):
                    raise refusal(frame, Command(asked.frame.type), self.name)
            elif frame.sequence not in window:
                continue  # an old one
            # Late, a gap before it, or the oldest reply was lost: go back, once for all that was in flight.
            if frame is None or may_resend:
                yield self._send_again(window, deadline)
                may_resend, late = frame is None, self._clock() + self._patience.seconds

    def _gives_up(self, asked: Sent) -> LinkError:
        command = Command(asked.frame.type).name
        return LinkError(f"{self.name} has not answered {command} for {self.reply_timeout:g} seconds")


def _is_gap(frame: Frame, asked: Sent) -> bool:
    return frame.type == ERROR and frame.payload == bytes([Reason.GAP, asked.frame.type])
