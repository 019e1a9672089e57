"""The host's own session and conversation (`sw.host`), carried by a bench: what it sends and hears, at a simulator's pace."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict
from typing import TypeVar

from sw.contract.geometry import Geometry
from sw.contract.requests import Request
from sw.host.conversation import Conversation
from sw.host.question import Question
from sw.host.session import Session
from sw.host.steps import Listen, Reply, Send, Steps

T = TypeVar("T")


class BenchHost:
    """Asks an accelerator. A carrier has two methods: `send` bytes, and `listen` until some have come.

    Parameters: `sequence`, the number of HELLO. Members: `session`, for which time stands still: nothing is ever late.
    """

    def __init__(self, sequence: int) -> None:
        self.session = Session("the accelerator", clock=lambda: 0.0, sequence=sequence)

    async def send(self, data: bytes) -> None:
        """Put bytes on the line."""
        raise NotImplementedError

    async def listen(self) -> bytes:
        """The next bytes of the line, at least one. AssertionError when none come."""
        raise NotImplementedError

    async def begin(self, geometry: Geometry) -> Conversation:
        """Say HELLO to an accelerator of that shape."""
        async for _ in self._carry(self.session.begin()):
            pass
        conversation = Conversation(self.session.name, self.session.hello)
        assert asdict(conversation.geometry) == asdict(geometry)
        return conversation

    async def exchange(self, requests: Iterable[Request]) -> AsyncIterator[bytes]:
        """The replies' payloads, in order; as many requests are in flight as the accelerator's buffer holds."""
        async for reply in self._carry(self.session.exchange(requests)):
            yield reply
        assert self.session.resent == 0

    async def answers(self, questions: Iterable[Question[T]]) -> AsyncIterator[T]:
        """What the replies mean, as they come."""
        asked: deque[Question[T]] = deque()

        def requests() -> Iterator[Request]:
            for question in questions:
                asked.append(question)
                yield question.request

        async for reply in self.exchange(requests()):
            yield asked.popleft().read(reply)

    async def ask(self, questions: Iterable[Question[T]]) -> list[T]:
        """All that they mean."""
        return [answer async for answer in self.answers(questions)]

    async def _carry(self, steps: Steps) -> AsyncIterator[bytes]:
        for step in steps:
            match step:
                case Send():
                    await self.send(step.data)
                case Listen():
                    self.session.feed(await self.listen())
                case Reply():
                    yield step.payload
