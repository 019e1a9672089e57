"""What a host says to a board about its sample memory, and what the replies mean; the other half of `sw.host.conversation`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sw.contract.commands import Command
from sw.contract.frames import FIRST, PROGRESS, image_bytes
from sw.contract.occupancy import Occupancy, Stretch
from sw.contract.rehearsal import LONGEST_HORIZON, NONE
from sw.contract.requests import store_payload
from sw.contract.sample_memory import LABEL, MEMORY, NOT_PLAYED, PERMUTES, PLAYED, REHEARSAL, TRAINS, reservoir_slot
from sw.data.packed import packed
from sw.data.reservoir import Reservoir
from sw.host.conversation import LABEL_BYTES, Conversation
from sw.host.error import LinkError, MiscountError
from sw.host.learning_device import Bits, Labels, Predictions
from sw.host.question import Question, order
from sw.host.samples import check_labels, check_pixels

U32 = 1 << 32
Record = tuple[int, NDArray[np.uint8]]


class MemoryConversation:
    """About the sample memory of the board of `conversation`, of which it counts the samples.

    Members: `taken`, what of the memory is taken, with the network that is configured. Raises what `Conversation` raises, and
    `ContractError` for what does not fit the memory, before the first question is given.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.taken = Occupancy(conversation.hello.sample_memory, conversation.network.layers[0])
        self._told = Stretch(0, 0)  # records played and predicted rightly, modulo 2^32, as the board told them last

    def store(self, pixels: Bits, labels: Labels, first: int) -> Iterator[Question[None]]:
        """Samples become records `first` and following; the library ends behind them."""
        network = self.conversation.network
        check_pixels(pixels, network)
        check_labels(labels, len(pixels), network)
        self.taken.check_store(first, len(pixels))
        return self._store(first, packed(pixels), labels, self._ends)

    def permute(self, permutation: Sequence[int]) -> Question[None]:
        """From now on network pixel i is stored pixel `permutation[i]` where playback permutes."""
        self.taken.check_permutation(permutation)
        told = np.array(permutation, "<u2").tobytes()
        return Question(Command.PERMUTE, Command.PERMUTE.payload(told), lambda reply: self._permuted())

    def play(
        self, first: int, count: int, *, train: bool, permuted: bool, size: Callable[[], int]
    ) -> Iterator[Question[Stretch]]:
        """Train on records or predict them, in stretches of `size()`; of each, how many were played and how many rightly."""
        self.taken.check_play(first, count, permuted)
        return self._play(first, count, TRAINS * train | PERMUTES * permuted, size)

    def recite(self, first: int, count: int, *, train: bool, permuted: bool) -> Iterator[Question[Predictions]]:
        """The same frame by frame with the predictions."""
        self.taken.check_play(first, count, permuted)
        return self._recite(first, count, TRAINS * train | PERMUTES * permuted)

    def rehearse(self, reservoir: Reservoir | None) -> Iterator[Question[None]]:
        """Rehearse from now on, out of `reservoir`; None: no more."""
        self.taken.check_rehearsal(0 if reservoir is None else reservoir.rehearsal.size)
        return self._rehearse(reservoir)

    def read_rehearsal(self) -> Question[tuple[int, int]]:
        """New samples that rehearsal has seen, and its random word."""
        return Question(Command.REHEARSE, b"", self._rehearsal)

    def recall(self, slots: Iterable[int]) -> Iterator[Question[Record]]:
        """Label and packed image, uint8 (ceil(n_0 / 8),), of each slot."""
        for slot in slots:
            yield Question(Command.RECALL, Command.RECALL.payload(slot=slot), self._record)

    def tell(self) -> Question[dict[str, int]]:
        """The fields of `sw.contract.sample_memory.MEMORY`."""
        return Question(Command.MEMORY, b"", self._memory)

    def _play(self, first: int, count: int, how: int, size: Callable[[], int]) -> Iterator[Question[Stretch]]:
        expected, in_flight = self._told.samples, [self._told.samples]
        done = 0
        while done < count:
            step = min(size(), count - done)
            number = self.conversation.begin_samples(step) if how & TRAINS else 0
            end = number + step if how & TRAINS else None
            payload = Command.PLAY.payload(first=number % FIRST, record=first + done, how=how, count=step)
            expected, done = (expected + step) % U32, done + step
            in_flight[0] = expected
            yield Question(Command.PLAY, payload, partial(self._played, expected, in_flight, end))

    def _recite(self, first: int, count: int, how: int) -> Iterator[Question[Predictions]]:
        most = self.conversation.most_samples
        for begin in range(first, first + count, most):
            step = min(most, first + count - begin)
            number = self.conversation.begin_samples(step) if how & TRAINS else 0
            payload = Command.RECITE.payload(first=number % FIRST, record=begin, how=how, count=step)
            yield Question(Command.RECITE, payload, partial(self._recited, step, number + step if how & TRAINS else None))

    def _store(
        self, first: int, images: NDArray[np.uint8], labels: Labels, done: Callable[[int, bytes], None]
    ) -> Iterator[Question[None]]:
        size = self.conversation.batch_size(LABEL_BYTES, Command.STORE)
        for begin in range(0, len(images), size):
            part = slice(begin, begin + size)
            payload = store_payload(first + begin, labels[part].tolist(), images[part].tobytes())
            yield Question(Command.STORE, payload, partial(done, first + begin + len(images[part])))

    def _rehearse(self, reservoir: Reservoir | None) -> Iterator[Question[None]]:
        own = NONE if reservoir is None else reservoir.rehearsal
        fields = own.fields | {"horizon": own.horizon or LONGEST_HORIZON}
        if reservoir is None or not len(reservoir.labels):
            seen, word = 0, own.prng
        else:
            yield order((Command.REHEARSE, Command.REHEARSE.payload(**fields, seen=0, phase=0)))
            backwards = slice(None, None, -1)
            first = reservoir_slot(len(reservoir.labels) - 1)
            yield from self._store(first, reservoir.pixels[backwards], reservoir.labels[backwards], lambda end, reply: None)
            seen, word = reservoir.seen, reservoir.prng
        fields |= {"prng": word, "seen": seen, "phase": seen % own.every}
        conversation = self.conversation

        def rehearses(reply: bytes) -> None:
            self.taken.reserved = own.size
            conversation.counting.set_rehearsal(own, seen, conversation.samples)

        yield Question(Command.REHEARSE, Command.REHEARSE.payload(**fields), rehearses)

    def _ends(self, end: int, reply: bytes) -> None:
        self.taken.records = end

    def _permuted(self) -> None:
        self.taken.permuted = True

    def _played(self, expected: int, in_flight: list[int], number: int | None, reply: bytes) -> Stretch:
        """After this PLAY so many records must have been played; the reply to a repeated one may be of later."""
        told = PLAYED.unpack(self.conversation.of_length(reply, PLAYED.size, "PLAY"))
        if (told.played - expected) % U32 > (in_flight[0] - expected) % U32:
            raise MiscountError(f"{self.conversation.name} has played {told.played} records, expected {expected}")
        if number is not None:
            self.conversation.counted(number, told.signature, told.samples)
        before, self._told = self._told, Stretch(told.played, told.correct)
        return Stretch((told.played - before.samples) % U32, (told.correct - before.correct) % U32)

    def _recited(self, count: int, number: int | None, reply: bytes) -> Predictions:
        self.conversation.of_length(reply, 2 * count + PROGRESS.size, "RECITE")
        if number is not None:
            self.conversation.counted(number, *PROGRESS.unpack(reply[2 * count :]))
        predictions = np.frombuffer(reply[: 2 * count], "<u2")
        if (predictions == NOT_PLAYED).any():
            raise MiscountError(f"{self.conversation.name} has not played all of {count} records")
        return self.conversation.classes(reply[: 2 * count])

    def _rehearsal(self, reply: bytes) -> tuple[int, int]:
        told = REHEARSAL.unpack(self.conversation.of_length(reply, REHEARSAL.size, "REHEARSE"))
        own = self.conversation.counting.rehearsal
        horizon = own.horizon or LONGEST_HORIZON
        expected = own.size, own.every, own.per, horizon, told.seen % own.every
        if (told.size, told.every, told.per, told.horizon, told.phase) != expected or not told.prng:
            raise LinkError(f"{self.conversation.name} rehearses in another way than it was told: program it again")
        return told.seen, told.prng

    def _record(self, reply: bytes) -> Record:
        conversation = self.conversation
        network = conversation.network
        conversation.of_length(reply, LABEL.size + image_bytes(network.layers[0]), "RECALL")
        (label,) = LABEL.unpack_from(reply)
        if label >= network.layers[-1]:
            raise LinkError(f"{conversation.name} has a record of class {label}, expected less than {network.layers[-1]}")
        return label, np.frombuffer(reply, np.uint8, offset=LABEL.size)

    def _memory(self, reply: bytes) -> dict[str, int]:
        told = MEMORY.unpack(self.conversation.of_length(reply, MEMORY.size, "MEMORY"))
        self._told = Stretch(told.played, told.correct)
        return told._asdict()
