"""What a host says to a board with a network on it, and what the replies mean; nothing is sent here.

A question is a request with what makes sense of its reply. Whoever carries questions asks them in their order and has every
reply read in that order: `sw.host.device` over a line, the benches in `sim` over a simulator, their recorder of the twin.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import COUNTER_VALUES, OVERHEAD, PROGRESS, RING, STATE, Hello, image_bytes, pack_state, unpack_state
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import infer_payload, train_payload
from sw.contract.state import State
from sw.host.counting import Counting
from sw.host.error import LinkError, MiscountError
from sw.host.frame_reader import MAX_FRAME
from sw.host.learning_device import Bits, Labels, Predictions, Weights
from sw.host.question import Question, order
from sw.host.samples import check_labels, check_pixels, check_weights, pack

MOST_SAMPLES = min(255, RING // 2)  # of a frame: its count has 8 bits, and the board keeps the predictions of two of them
SAMPLE_COUNTS = 1 << 64
LABEL_BYTES = Command.TRAIN.spec.item_length(0)


class Conversation:
    """The host's half of what is said about one network on one board.

    Parameters: `name` of the board in messages; `hello`, what it says of itself.
    Members: `geometry`, its shape; `samples`, the training samples that it has been given; `answered`, those of them whose
    replies have been read; `counting`, what the board must count of them; `progress`, signature and samples as the last reply
    told them, or as they were set.
    Raises `LinkError` where the board does not answer as it should, `ContractError` for a network that does not fit,
    `InputError` for samples or weights of another shape, before the first question is given.
    """

    def __init__(self, name: str, hello: Hello) -> None:
        self.name, self.hello = name, hello
        self.geometry = geometry_of(hello, name)
        self._network: Network | None = None
        self.samples = 0
        self._begin_anew()

    @property
    def most_samples(self) -> int:
        """Samples of a frame whose predictions go back."""
        return MOST_SAMPLES

    @property
    def network(self) -> Network:
        """The network that was configured."""
        if self._network is None:
            raise LinkError(f"{self.name} has no network yet: call configure first")
        return self._network

    def put(self, network: Network, weights: Weights, state: State) -> Iterator[Iterable[Question[None]]]:
        """All of a network's state, in parts; each is to be answered before the next is asked for."""
        yield self.configure(network)
        yield self.write_weights(weights)
        yield [self.write_state(state)]

    def configure(self, network: Network) -> list[Question[None]]:
        """Take on a network: registers, tables; clears counters and samples. The random word is not set."""
        *first, last = requests.configure(network, self.geometry)
        self._network = None
        return [*map(order, first), Question(*last, partial(self._take_on, network))]

    def write_weights(self, weights: Sequence[NDArray[np.int8]]) -> Iterator[Question[None]]:
        """Replace all hidden weights."""
        check_weights(weights, self.network)
        return map(order, requests.write(weights))

    def read_weights(self) -> Iterator[Question[NDArray[np.int8]]]:
        """All hidden weights, row by row; `layers` puts the rows together."""
        return self.read_rows(enumerate(fan_in for neurons, fan_in in self.network.shapes for _ in range(neurons)))

    def layers(self, rows: Sequence[NDArray[np.int8]]) -> Weights:
        """Arrays of shape (n_l, n_{l-1}), of all rows."""
        pairs = zip(self.network.first_rows, self.network.shapes, strict=True)
        return [np.stack(rows[first : first + neurons]) for first, (neurons, _) in pairs]

    def write_rows(self, rows: Iterable[tuple[int, NDArray[np.int8]]]) -> Iterator[Question[None]]:
        """Write hidden weights to columns 0, 1, … of rows, by the rows' numbers; the columns behind keep theirs."""
        return (order(requests.write_row(row, values)) for row, values in rows)

    def read_rows(self, rows: Iterable[tuple[int, int]]) -> Iterator[Question[NDArray[np.int8]]]:
        """The hidden weights of columns 0 … count-1 of rows, int8 (count,): of each its number and the count."""
        for row, count in rows:
            yield Question(*requests.read_row(row, count), partial(self._row, count))

    def write_state(self, state: State) -> Question[None]:
        """Set the random word, the count of training samples and their signature."""
        return Question(Command.STATE, pack_state(state), lambda reply: self._begin(state))

    def read_state(self) -> Question[State]:
        """The random word, the count of training samples and their signature."""
        return Question(Command.STATE, b"", lambda reply: unpack_state(self.of_length(reply, STATE.size, "STATE")))

    def train(self, batches: Iterable[tuple[Bits, Labels]]) -> Iterator[Question[Predictions | None]]:
        """Predict, then learn: one batch after the other, each cut into frames; an empty one gives nothing.

        With the reply to a batch's last frame come its predictions, uint16 (n,); None with those to the frames before.
        """
        for pixels, labels in batches:
            check_pixels(pixels, self.network)
            check_labels(labels, len(pixels), self.network)
            predictions: list[Predictions] = []
            for part in self._parts(len(pixels), LABEL_BYTES):
                count = part.stop - part.start
                first = self.begin_samples(count)
                payload = train_payload(first, labels[part].tolist(), pack(pixels[part]))
                read = partial(self._trained, count, self.samples, predictions, part.stop == len(pixels))
                yield Question(Command.TRAIN, payload, read)

    def begin_samples(self, count: int) -> int:
        """The number of the first of `count` training samples that are about to be given."""
        first = self.samples
        self.samples = (first + count) % SAMPLE_COUNTS
        return first

    def counted(self, number: int, signature: int, samples: int) -> None:
        """A board told how far it is, in answer to what ends before sample `number`. Raises `MiscountError`.

        The reply to a repeated request tells how far it is by now, which may be some samples further.
        """
        self.progress = signature, samples
        least, most = self.counting.least(number), self.counting.most(self.samples)
        if (samples - least) % SAMPLE_COUNTS > (most - least) % SAMPLE_COUNTS:
            raise MiscountError(
                f"{self.name} has counted {samples} training samples, expected {least}: it has lost some or learned some twice"
            )
        self.answered = number

    def give_up(self) -> None:
        """Count what has been answered alone: if more has been learned, the board refuses what comes next."""
        self.samples = self.answered

    def infer(self, pixels: Bits) -> list[Question[Predictions]]:
        """Predict, frame by frame; uint16. No state changes."""
        check_pixels(pixels, self.network)
        parts = [pixels[part] for part in self._parts(len(pixels), 0)]
        payloads = [infer_payload(len(part), pack(part)) for part in parts]
        reads = [partial(self._inferred, len(part)) for part in parts]
        return [Question(Command.INFER, payload, read) for payload, read in zip(payloads, reads, strict=True)]

    def counters(self) -> Question[dict[str, int]]:
        """Counts since `configure`, by the names of `sw.contract.frames.COUNTERS`."""
        size = COUNTER_VALUES.size
        return Question(
            Command.COUNTERS, b"", lambda reply: COUNTER_VALUES.unpack(self.of_length(reply, size, "COUNTERS"))._asdict()
        )

    def begin_again(self, hello: Hello) -> None:
        """With a board that has been reset, and says `hello`: it has no network now. Raises `LinkError` if it is another."""
        if geometry_of(hello, self.name) != self.geometry:
            raise LinkError(f"{self.name} has another shape than before: is it another board?")
        self.hello, self._network = hello, None
        self._begin_anew()

    def batch_size(self, label_bytes: int = LABEL_BYTES, command: Command = Command.TRAIN) -> int:
        """Samples of a frame of a command: as many as let the next frame arrive meanwhile, or one frame where two don't fit."""
        sample = label_bytes + image_bytes(self.network.layers[0])
        room = min(self.hello.buffer_bytes, MAX_FRAME)
        for frames_in_flight in (2, 1):
            samples = (room // frames_in_flight - OVERHEAD - command.spec.argument_bytes) // sample
            if samples > 0:
                return min(samples, MOST_SAMPLES)
        raise LinkError(f"a sample has {sample} bytes, too many for the buffer of {self.name}, which has {room}")

    def _parts(self, count: int, label_bytes: int) -> list[slice]:
        size = self.batch_size(label_bytes)
        return [slice(first, min(first + size, count)) for first in range(0, count, size)]

    def _take_on(self, network: Network, reply: bytes) -> None:
        self._network = network
        self._begin_anew()

    def _begin_anew(self) -> None:
        """A board that has learned nothing and rehearses nothing."""
        self.counting = Counting()
        self._begin(State(0, 0, 0))

    def _begin(self, state: State) -> None:
        self.counting.set_state(state.samples, self.samples)
        self.samples = self.answered = state.samples
        self.progress = (state.signature, state.samples)

    def _row(self, count: int, reply: bytes) -> NDArray[np.int8]:
        return np.frombuffer(self.of_length(reply, count, "READ"), np.int8)

    def _trained(
        self, count: int, samples: int, predictions: list[Predictions], ends: bool, reply: bytes
    ) -> Predictions | None:
        self.of_length(reply, 2 * count + PROGRESS.size, "TRAIN")
        self.counted(samples, *PROGRESS.unpack(reply[2 * count :]))
        predictions.append(self.classes(reply[: 2 * count]))
        return joined(predictions) if ends else None

    def _inferred(self, count: int, reply: bytes) -> Predictions:
        return self.classes(self.of_length(reply, 2 * count, "INFER"))

    def classes(self, data: bytes) -> Predictions:
        """Predictions, each a class of the network. Raises `LinkError`."""
        predictions = np.frombuffer(data, "<u2").astype(np.uint16)
        wrong = np.flatnonzero(predictions >= self.network.layers[-1])
        if len(wrong):
            raise LinkError(
                f"{self.name} predicted {predictions[wrong[0]]} for sample {wrong[0]}, expected a class below "
                f"{self.network.layers[-1]}: program it again"
            )
        return predictions

    def of_length(self, reply: bytes, length: int, what: str) -> bytes:
        """The reply to `what`, which has to have so many bytes. Raises `LinkError`."""
        if len(reply) != length:
            raise LinkError(f"{self.name} answered {what} with {len(reply)} bytes, expected {length}")
        return reply


def joined(parts: Iterable[Predictions]) -> Predictions:
    """Predictions one after another."""
    return np.concatenate([np.zeros(0, np.uint16), *parts])


def geometry_of(hello: Hello, name: str) -> Geometry:
    """The shape that a board says it has. Raises `LinkError` for one that no board has."""
    fields = {field: getattr(hello, field) for field in Geometry.__dataclass_fields__ if hasattr(hello, field)}
    try:
        return Geometry(**fields)
    except ContractError as error:
        raise LinkError(f"{name} says it has a shape that no board has: {error}") from error
