"""The sample memory of a board on a line: stored once, then the board feeds itself."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sw.contract.frames import image_bytes
from sw.contract.occupancy import Stretch
from sw.contract.rehearsal import NONE
from sw.contract.sample_memory import reservoir_slot
from sw.data.reservoir import Reservoir
from sw.host.error import MiscountError, RecordError
from sw.host.learning_device import Bits, Labels, Predictions
from sw.host.memory_conversation import MemoryConversation
from sw.host.pace import Pace
from sw.host.question import Question

if TYPE_CHECKING:
    from sw.host.device import Device

T = TypeVar("T")


class BoardMemory:
    """That of `device`, for the network that it has; a `sw.host.learning_device.SampleMemory`.

    Members: `pace`, which says how long a stretch is; whoever counts cycles on a simulated board sets another one.

    Raises `RecordError` where the board has found a damaged record: of the library, and what came before it counts; or of the
    reservoir, and what the board has learned is what no contract says.
    """

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._conversation = MemoryConversation(device.conversation)
        self.pace = Pace()

    @property
    def bytes(self) -> int:
        """Of the memory."""
        return self._device.hello.sample_memory

    @property
    def records(self) -> int:
        """Of the library."""
        return self._conversation.taken.records

    @property
    def room(self) -> int:
        """Records that a library may have beside the reservoir."""
        return self._conversation.taken.capacity - self._conversation.taken.reserved

    def store(self, pixels: Bits, labels: Labels, first: int = 0) -> None:
        """Samples become records `first` and following; the library ends behind them."""
        self._tell(self._conversation.store(pixels, labels, first))

    def permute(self, permutation: Sequence[int]) -> None:
        """From now on network pixel i is stored pixel `permutation[i]` where playback permutes."""
        self._tell([self._conversation.permute(permutation)])

    def play(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Stretch]:
        """Train on records or predict them, in ascending order; ends early, between two stretches, once `stop()` is true.

        The generator must be exhausted before the device is asked anything else.
        """
        self._answer(self._conversation.tell())
        self.pace.begin()
        played = self._conversation.play(first, count, train=train, permuted=permuted, size=self.pace.size)
        return self._asked(until(played, stop), self.pace.played)

    def recite(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Predictions]:
        """The same with the predictions."""
        recited = self._conversation.recite(first, count, train=train, permuted=permuted)
        return self._asked(until(recited, stop), lambda predictions: None)

    def rehearse(self, reservoir: Reservoir | None) -> None:
        """Rehearse from now on, out of `reservoir`; None: no more."""
        self._tell(self._conversation.rehearse(reservoir))

    def reservoir(self) -> Reservoir | None:
        """The reservoir as it is now, read out; None where nothing is rehearsed."""
        conversation = self._device.conversation
        rehearsal = conversation.counting.rehearsal
        if rehearsal == NONE:
            return None
        seen, word = self._answer(self._conversation.read_rehearsal())
        slots = map(reservoir_slot, range(min(seen, rehearsal.size)))
        records = list(self._device.ask(self._conversation.recall(slots)))
        images = [np.zeros((0, image_bytes(conversation.network.layers[0])), np.uint8), *(image[None] for _, image in records)]
        labels = np.array([label for label, _ in records], np.uint16)
        return Reservoir(rehearsal=rehearsal, pixels=np.concatenate(images), labels=labels, seen=seen, prng=word)

    def counters(self) -> dict[str, int]:
        """What the memory has done since the network was configured, by the fields of `sw.contract.sample_memory.MEMORY`."""
        return self._answer(self._conversation.tell())

    @contextmanager
    def telling_damage(self) -> Generator[None]:
        """Where a board stops or counts too few because a record is damaged, that is what is said."""
        try:
            yield
        except (MiscountError, RecordError) as error:
            told = self.counters()
            if told["failed"]:
                raise self._damaged(told["slot"]) from error
            raise

    def _damaged(self, slot: int) -> RecordError:
        name = self._device.link.name
        if slot < 0:
            told = "what it has learned since cannot be told; load the last checkpoint"
            return RecordError(f"record {~slot} for rehearsal is damaged in the sample memory of {name}: {told}", slot)
        device, counting = self._device, self._device.conversation.counting
        device.write_state(*device.read_state())  # which says that one goes on from here
        seen, _ = self._answer(self._conversation.read_rehearsal())
        counting.set_rehearsal(counting.rehearsal, seen, device.samples)
        told = "what came before it counts; store the samples again and play on from there"
        return RecordError(f"record {slot} is damaged in the sample memory of {name}: {told}", slot)

    def _asked(self, questions: Iterable[Question[T]], told: Callable[[T], None]) -> Iterator[T]:
        try:
            with self.telling_damage():
                for answer in self._device.ask(questions):
                    told(answer)
                    yield answer
        finally:
            self._device.conversation.give_up()

    def _answer(self, question: Question[T]) -> T:
        (answer,) = self._device.ask([question])
        return answer

    def _tell(self, questions: Iterable[Question[None]]) -> None:
        for _ in self._device.ask(questions):
            pass


def until(questions: Iterable[T], stop: Callable[[], bool]) -> Iterator[T]:
    """Questions up to the one before which `stop()` comes true."""
    for question in questions if not stop() else ():
        yield question
        if stop():
            return
