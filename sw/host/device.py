"""A board as a Python object: configure, load, train, infer, read back. Typed and checked; frames are the link's."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sw.contract import frames, requests
from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import COUNTER_VALUES, OVERHEAD, PROGRESS, RING, STATE, Hello
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import Request, infer_payload, train_payload
from sw.contract.state import State
from sw.host.error import LinkError, MiscountError
from sw.host.frame_reader import MAX_FRAME
from sw.host.learning_device import Bits, Labels, Predictions, Weights
from sw.host.link import Link
from sw.host.samples import check_labels, check_pixels, check_weights, pack
from sw.host.transport import Transport

MOST_SAMPLES = min(255, RING // 2)  # of a frame: its count has 8 bits, and the board keeps the predictions of two of them
SAMPLE_COUNTS = 1 << 64
LABEL_BYTES = Command.TRAIN.spec.item_length(0)


class Device:
    """A board behind a link; a `LearningDevice`.

    Members: `hello`, what the board says of itself; `geometry`, its shape; `link`; `samples`, the training samples that the
    board has been given; `signature`, of them, as its last reply told.
    Raises `LinkError` where the board does not answer as it should, `ContractError` for a network that does not fit,
    `InputError` for samples or weights of another shape; nothing has been sent in the last two cases.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.geometry = _geometry(link.hello, link.name)
        self._network: Network | None = None
        self.samples = self.signature = 0

    @property
    def hello(self) -> Hello:
        """Build, clock, geometry, buffer and nonce."""
        return self.link.hello

    @property
    def network(self) -> Network:
        """The network that was configured."""
        if self._network is None:
            raise LinkError(f"{self.link.name} has no network yet: call configure first")
        return self._network

    def configure(self, network: Network) -> None:
        """Take on a network: registers, tables, its random word; clears counters and samples."""
        asked = requests.configure(network, self.geometry)
        self._network = None
        self._order(asked)
        self._network = network
        self.write_state(network.prng, 0)

    def write_weights(self, weights: Sequence[NDArray[np.int8]]) -> None:
        """Replace all hidden weights."""
        check_weights(weights, self.network)
        self._order(requests.write(weights))

    def read_weights(self) -> Weights:
        """All hidden weights: int8 arrays of shape (n_l, n_{l-1})."""
        shapes = self.network.shapes
        rows = self.read_rows(enumerate(fan_in for neurons, fan_in in shapes for _ in range(neurons)))
        firsts = self.network.first_rows
        return [np.stack(rows[first : first + neurons]) for first, (neurons, _) in zip(firsts, shapes, strict=True)]

    def write_rows(self, rows: Iterable[tuple[int, NDArray[np.int8]]]) -> None:
        """Write hidden weights to columns 0, 1, … of rows, by the rows' numbers; the columns behind keep theirs."""
        self._order(requests.write_row(row, values) for row, values in rows)

    def read_rows(self, rows: Iterable[tuple[int, int]]) -> list[NDArray[np.int8]]:
        """The hidden weights of columns 0 … count-1 of rows: of each its number and the count."""
        asked = list(rows)
        replies = self.link.exchange(requests.read_row(row, count) for row, count in asked)
        return [
            np.frombuffer(self._of_length(reply, count, "READ"), np.int8)
            for reply, (_, count) in zip(replies, asked, strict=True)
        ]

    def write_state(self, prng: int, samples: int, signature: int = 0) -> None:
        """Set the random word, the count of training samples and their signature."""
        self.link.request(Command.STATE, frames.pack_state(State(prng, samples, signature)))
        self.samples, self.signature = samples, signature

    def read_state(self) -> State:
        """The random word, the count of training samples and their signature."""
        return frames.unpack_state(self._of_length(self.link.request(Command.STATE), STATE.size, "STATE"))

    def train(self, pixels: Bits, labels: Labels) -> Predictions:
        """Predict, then learn, sample by sample; uint16 predictions of shape (n,)."""
        return joined(self.stream([(pixels, labels)]))

    def stream(self, batches: Iterable[tuple[Bits, Labels]]) -> Iterator[Predictions]:
        """Train on one batch after the other, without a pause between them: the predictions of each as they come.

        A batch is sent when it fits into the board's buffer, which may be long before the predictions of the one before it
        have come; an empty batch gives nothing. The generator must be exhausted before anything else is asked.
        """
        sizes: deque[tuple[int, bool]] = deque()  # of the frames in flight, and whether a batch ends with it

        def batches_as_requests() -> Iterator[Request]:
            for pixels, labels in batches:
                check_pixels(pixels, self.network)
                check_labels(labels, len(pixels), self.network)
                for part in self._parts(len(pixels), LABEL_BYTES):
                    first, count = self.samples, part.stop - part.start
                    self.samples = (first + count) % SAMPLE_COUNTS
                    sizes.append((count, part.stop == len(pixels)))
                    yield Command.TRAIN, train_payload(first, labels[part].tolist(), pack(pixels[part]))

        answered, found = self.samples, []
        try:
            for reply in self.link.exchange(batches_as_requests()):
                count, ends = sizes.popleft()
                found.append(self._trained(reply, count, (answered + count) % SAMPLE_COUNTS))
                answered = (answered + count) % SAMPLE_COUNTS
                if ends:
                    yield joined(found)
                    found = []
        finally:
            self.samples = answered  # as far as is known: if more have been learned, the board refuses the next ones

    def infer(self, pixels: Bits) -> Predictions:
        """Predict; uint16 of shape (n,). No state changes."""
        check_pixels(pixels, self.network)
        parts = self._parts(len(pixels), 0)
        replies = self.link.exchange((Command.INFER, infer_payload(len(pixels[part]), pack(pixels[part]))) for part in parts)
        sizes = [2 * len(pixels[part]) for part in parts]
        pairs = zip(replies, sizes, strict=True)
        return joined(self._classes(self._of_length(reply, size, "INFER")) for reply, size in pairs)

    def counters(self) -> dict[str, int]:
        """Counts since `configure`, by the names of `sw.contract.frames.COUNTERS`."""
        reply = self._of_length(self.link.request(Command.COUNTERS), COUNTER_VALUES.size, "COUNTERS")
        return COUNTER_VALUES.unpack(reply)._asdict()

    def reconnect(self) -> None:
        """Say HELLO to a board that has been reset: it has no network now. Raises `LinkError` if it is another board."""
        self.link.reconnect()
        if _geometry(self.link.hello, self.link.name) != self.geometry:
            raise LinkError(f"{self.link.name} has another shape than before: is it another board?")
        self._network = None
        self.samples = self.signature = 0

    def close(self) -> None:
        """Close the link."""
        self.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def batch_size(self, label_bytes: int = LABEL_BYTES) -> int:
        """Samples of one frame: as many as let the next frame arrive meanwhile, or one frame where two don't fit."""
        sample = label_bytes + frames.image_bytes(self.network.layers[0])
        room = min(self.hello.buffer_bytes, MAX_FRAME)
        for frames_in_flight in (2, 1):
            samples = (room // frames_in_flight - OVERHEAD - Command.TRAIN.spec.argument_bytes) // sample
            if samples > 0:
                return min(samples, MOST_SAMPLES)
        raise LinkError(f"a sample has {sample} bytes, too many for the buffer of {self.link.name}, which has {room}")

    def _order(self, asked: Iterable[Request]) -> None:
        """Requests whose replies are empty."""
        for _ in self.link.exchange(asked):
            pass

    def _parts(self, count: int, label_bytes: int) -> list[slice]:
        size = self.batch_size(label_bytes)
        return [slice(first, min(first + size, count)) for first in range(0, count, size)]

    def _trained(self, reply: bytes, count: int, samples: int) -> Predictions:
        """The predictions in a reply to TRAIN, after which `samples` training samples must have been counted.

        The reply to a repeated request tells how far the board is by now, which may be some samples further.
        """
        self._of_length(reply, 2 * count + PROGRESS.size, "TRAIN")
        signature, counted = PROGRESS.unpack(reply[2 * count :])
        if (counted - samples) % SAMPLE_COUNTS > (self.samples - samples) % SAMPLE_COUNTS:
            raise MiscountError(
                f"{self.link.name} has counted {counted} training samples, expected {samples}: it has lost some or learned "
                "some twice"
            )
        self.signature = signature
        return self._classes(reply[: 2 * count])

    def _classes(self, data: bytes) -> Predictions:
        predictions = np.frombuffer(data, "<u2").astype(np.uint16)
        wrong = np.flatnonzero(predictions >= self.network.layers[-1])
        if len(wrong):
            raise LinkError(
                f"{self.link.name} predicted {predictions[wrong[0]]} for sample {wrong[0]}, expected a class below "
                f"{self.network.layers[-1]}: program it again"
            )
        return predictions

    def _of_length(self, reply: bytes, length: int, what: str) -> bytes:
        if len(reply) != length:
            raise LinkError(f"{self.link.name} answered {what} with {len(reply)} bytes, expected {length}")
        return reply


def joined(parts: Iterable[Predictions]) -> Predictions:
    """Predictions one after another."""
    return np.concatenate([np.zeros(0, np.uint16), *parts])


def _geometry(hello: Hello, name: str) -> Geometry:
    """The shape that a board says it has."""
    fields = {field: getattr(hello, field) for field in Geometry.__dataclass_fields__}
    try:
        return Geometry(**fields)
    except ContractError as error:
        raise LinkError(f"{name} says it has a shape that no board has: {error}") from error


def connect(transport: Transport, name: str, **timeouts: Any) -> Device:
    """A device over a transport, which is closed when the board does not answer as it should."""
    try:
        return Device(Link(transport, name, **timeouts))
    except BaseException:
        transport.close()
        raise
