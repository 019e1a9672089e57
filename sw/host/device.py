"""A board as a Python object: the questions of a `Conversation`, carried over a `Link`."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sw.contract.frames import Hello
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import Request
from sw.contract.state import State
from sw.host.board_memory import BoardMemory
from sw.host.conversation import LABEL_BYTES, Conversation, joined
from sw.host.error import LinkError
from sw.host.learning_device import Bits, Labels, Predictions, Scores, Weights
from sw.host.link import Link
from sw.host.question import Question
from sw.host.scores import scores
from sw.host.transport import Transport

T = TypeVar("T")


class Device:
    """A board behind a link; a `LearningDevice`.

    Members: `link`; `conversation`, which says what is raised.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.conversation = Conversation(link.name, link.hello)
        self._memory: BoardMemory | None = None  # of the network that is configured
        self._known: Weights | None = None  # as they were read, while nothing has changed the board since

    @property
    def hello(self) -> Hello:
        """Build, clock, geometry, buffer and nonce."""
        return self.link.hello

    @property
    def geometry(self) -> Geometry:
        """The shape of the board."""
        return self.conversation.geometry

    @property
    def samples(self) -> int:
        """Training samples that the board has been given."""
        return self.conversation.samples

    @property
    def signature(self) -> int:
        """Of the samples, as the last reply to a TRAIN told it."""
        return self.conversation.progress[0]

    @property
    def sample_memory(self) -> int:
        """Bytes of the board's memory for samples; 0 where it has none."""
        return self.hello.sample_memory

    @property
    def memory(self) -> BoardMemory | None:
        """Where samples are stored on the board, to be played and rehearsed; None where it has no such memory."""
        if self._memory is None and self.hello.sample_memory:
            self._memory = BoardMemory(self)
        return self._memory

    def configure(self, network: Network) -> None:
        """Take on a network: registers, tables, its random word; clears counters and samples."""
        self._memory = None
        self._tell(self.conversation.configure(network))
        self.write_state(network.prng, 0)

    def write_weights(self, weights: Sequence[NDArray[np.int8]]) -> None:
        """Replace all hidden weights."""
        self._tell(self.conversation.write_weights(weights))

    def read_weights(self) -> Weights:
        """All hidden weights: int8 arrays of shape (n_l, n_{l-1})."""
        return self.conversation.layers(list(self.ask(self.conversation.read_weights())))

    def write_rows(self, rows: Iterable[tuple[int, NDArray[np.int8]]]) -> None:
        """Write hidden weights to columns 0, 1, … of rows, by the rows' numbers; the columns behind keep theirs."""
        self._tell(self.conversation.write_rows(rows))

    def read_rows(self, rows: Iterable[tuple[int, int]]) -> list[NDArray[np.int8]]:
        """The hidden weights of columns 0 … count-1 of rows: of each its number and the count."""
        return list(self.ask(self.conversation.read_rows(rows)))

    def write_state(self, prng: int, samples: int, signature: int = 0) -> None:
        """Set the random word, the count of training samples and their signature."""
        self._tell([self.conversation.write_state(State(prng, samples, signature))])

    def read_state(self) -> State:
        """The random word, the count of training samples and their signature."""
        return self._answer(self.conversation.read_state())

    def train(self, pixels: Bits, labels: Labels) -> Predictions:
        """Predict, then learn, sample by sample; uint16 predictions of shape (n,)."""
        return joined(self.stream([(pixels, labels)]))

    def stream(self, batches: Iterable[tuple[Bits, Labels]]) -> Iterator[Predictions]:
        """Train on one batch after the other, without a pause between them: the predictions of each as they come.

        A batch is sent when it fits into the board's buffer, which may be long before the predictions of the one before it
        have come; an empty batch gives nothing. The generator must be exhausted before anything else is asked.
        """
        try:
            with self.memory.telling_damage() if self.memory else nullcontext():
                for predictions in self.ask(self.conversation.train(batches)):
                    if predictions is not None:
                        yield predictions
        finally:
            self.conversation.give_up()

    def infer(self, pixels: Bits) -> Predictions:
        """Predict; uint16 of shape (n,). No state changes."""
        return joined(self.ask(self.conversation.infer(pixels)))

    def scores(self, pixels: Bits) -> Scores:
        """The scores of all classes: int32 of shape (n, n_L), computed here from the weights that the board has.

        They are read once, and again when something has changed the board. Raises `LinkError` where the board predicts
        another class than they do.
        """
        predictions = self.infer(pixels)
        if self._known is None:
            self._known = self.read_weights()
        z = scores(self.conversation.network, self._known, pixels)
        if not np.array_equal(z.argmax(axis=1), predictions):
            raise LinkError(f"{self.link.name} does not predict what its own weights say: program it again")
        return z

    def counters(self) -> dict[str, int]:
        """Counts since `configure`, by the names of `sw.contract.frames.COUNTERS`."""
        return self._answer(self.conversation.counters())

    def reconnect(self) -> None:
        """Say HELLO to a board that has been reset: it has no network now. Raises `LinkError` if it is another board."""
        self._known = self._memory = None
        self.link.reconnect()
        self.conversation.begin_again(self.link.hello)

    def close(self) -> None:
        """Close the link."""
        self.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def batch_size(self, label_bytes: int = LABEL_BYTES) -> int:
        """Samples of one frame (`Conversation.batch_size`)."""
        return self.conversation.batch_size(label_bytes)

    def ask(self, questions: Iterable[Question[T]]) -> Iterator[T]:
        """What the replies to questions mean, in order; must be exhausted before the next call."""
        asked: deque[Question[T]] = deque()

        def requests() -> Iterator[Request]:
            for question in questions:
                asked.append(question)
                if question.command.spec.changes and (question.payload or not question.command.spec.optional):
                    self._known = None
                yield question.request

        for reply in self.link.exchange(requests()):
            yield asked.popleft().read(reply)

    def _answer(self, question: Question[T]) -> T:
        (answer,) = self.ask([question])
        return answer

    def _tell(self, questions: Iterable[Question[None]]) -> None:
        for _ in self.ask(questions):
            pass


def connect(transport: Transport, name: str, **options: Any) -> Device:
    """A device over a transport, which is closed when the board does not answer as it should."""
    try:
        return Device(Link(transport, name, **options))
    except BaseException:
        transport.close()
        raise
