"""The host's end of the bench: frames into `rx`, frames out of `tx`."""

from random import Random
from typing import Any

from cobs import cobs

from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.commands import Command
from sw.contract.frames import ERROR, OVERHEAD, REPLY, Frame, Hello, Reason

LONGEST_WAIT = 40_000  # cycles for one reply


class LinkHost:
    """Sends requests and takes replies in order.

    Members: `nonce`, told by HELLO; `sequence` of the last request that was carried out or is going to be: the next one has
    the next number. One that is going to be refused has it too, and leaves it to its successor.
    """

    def __init__(self, dut: Any, random: Random, stalls: float | None = None) -> None:
        self.dut = dut
        self.source, self.sink = Source(dut, "rx", random, stalls), Sink(dut, "tx", random, stalls)
        self.nonce, self.sequence = 0, random.randrange(2**16)
        self.buffer_bytes = 0
        self.in_flight: list[int] = []

    async def hello(self) -> Hello:
        reply = await self.request(Command.HELLO)
        hello = Hello.unpack(reply.payload)
        self.nonce, self.buffer_bytes = hello.nonce, hello.buffer_bytes
        return hello

    def frame(self, kind: int, payload: bytes = b"", nonce: int | None = None, *, refused: bool = False) -> Frame:
        sequence = (self.sequence + 1) % 2**16
        if not refused:
            self.sequence = sequence
        return Frame(type=kind, sequence=sequence, nonce=self.nonce if nonce is None else nonce, payload=payload)

    def send(self, data: bytes) -> None:
        """A frame's bytes, not yet encoded."""
        self.source.send(cobs.encode(data) + b"\0")

    async def receive(self) -> Frame:
        """The next reply; AssertionError when there is none in time or it is not a frame."""
        for _ in range(LONGEST_WAIT):
            if 0 in self.sink.received:
                break
            await cycles(self.dut, 1)
        assert 0 in self.sink.received, "no reply"
        end = self.sink.received.index(0)
        piece = bytes(await self.sink.take(end + 1))[:-1]
        return Frame.unpack(cobs.decode(piece))

    async def request(self, kind: int, payload: bytes = b"", nonce: int | None = None) -> Frame:
        """The reply to one request, checked to be one to it: type or ERROR, sequence."""
        asked = self.frame(kind, payload, nonce, refused=True)
        self.send(asked.pack())
        reply = await self.receive()
        assert reply.sequence == asked.sequence
        assert reply.type in (kind | REPLY, ERROR)
        if reply.type != ERROR:
            self.sequence = asked.sequence
        return reply

    async def ask(self, kind: Command, payload: bytes = b"") -> bytes:
        """The payload of the reply to a request that must not be refused."""
        reply = await self.request(kind, payload)
        assert reply.type == kind | REPLY, f"{kind.name} was refused: {reply.payload.hex()}"
        assert reply.nonce == self.nonce or kind == Command.HELLO
        return reply.payload

    async def exchange(self, requests: list[tuple[int, bytes, bool]]) -> list[Frame]:
        """Replies to requests (type, payload, whether refused) that are sent ahead as far as the board's buffer reaches."""
        replies, waiting = [], []
        for kind, payload, refused in requests:
            frame = self.frame(kind, payload, refused=refused)
            size = OVERHEAD + len(payload)
            while sum(size for _, size in waiting) + size > self.buffer_bytes:
                replies.append(await self._reply_to(waiting.pop(0)[0]))
            self.send(frame.pack())
            waiting.append((frame, size))
        for frame, _ in waiting:
            replies.append(await self._reply_to(frame))
        return replies

    async def _reply_to(self, frame: Frame) -> Frame:
        reply = await self.receive()
        assert reply.sequence == frame.sequence, "a reply is missing or out of order"
        return reply


def refusal(reason: Reason, kind: int) -> bytes:
    """The payload of an ERROR reply."""
    return bytes([reason, kind])
