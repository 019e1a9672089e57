"""The sample memory of the twins: a library that is played, and the reservoir of what is rehearsed (clauses 19 and 20)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require_integer
from sw.contract.network import Network
from sw.contract.occupancy import Occupancy, Stretch
from sw.data.packed import Bytes, packed
from sw.data.packed_bits import PackedBits
from sw.data.reservoir import Rehearser, Reservoir
from sw.twin.samples import labels_of, pixels_of

BYTES = 1 << 30  # of a machine that has a computer's memory


class Machine(Protocol):
    """What trains and predicts: pixels (N, n_0), 0 or 1 or `PackedBits`, labels (N,), predictions uint16 (N,)."""

    def learn(self, pixels: Any, labels: Any) -> NDArray[np.uint16]: ...

    def infer(self, pixels: Any) -> NDArray[np.uint16]: ...


class TwinMemory:
    """The memory of `machine`, which has taken on `network`; as `sw.host.board_memory` is that of a board on a line.

    Parameters: `stretch`, samples of playback between two looks at whether to stop; `rows_of`, a quick way of the
    machine to the rows of `PackedBits` in their order.
    Members: `bytes`, of records; `records` of the library. All that is wrong raises `ContractError`, with nothing changed.
    """

    bytes = BYTES

    def __init__(
        self, machine: Machine, network: Network, stretch: int, rows_of: Callable[[PackedBits], Bytes] | None = None
    ) -> None:
        self._machine, self._network, self._stretch, self._rows_of = machine, network, stretch, rows_of
        self._taken = Occupancy(BYTES, network.layers[0])
        self._images = packed(np.zeros((0, network.layers[0]), np.uint8))
        self._labels = np.zeros(0, np.int64)
        self._permutation: NDArray[np.int64] | None = None
        self._rehearser: Rehearser | None = None

    @property
    def records(self) -> int:
        """Of the library."""
        return self._taken.records

    @property
    def room(self) -> int:
        """Records that a library may have beside the reservoir."""
        return self._taken.capacity - self._taken.reserved

    def train(self, pixels: Any, labels: Any) -> NDArray[np.uint16]:
        """Predict, then learn, with rehearsal: the predictions of what was given alone."""
        if self._rehearser is None:
            return self._machine.learn(pixels, labels)
        rows = self._rows(pixels)
        classes = labels_of(labels, 1, len(rows), self._network.layers[-1])[0]
        learned, all_classes, is_new = self._rehearser.expand_packed(rows, classes)
        return self._machine.learn(PackedBits(rows=learned, pixels=self._network.layers[0]), all_classes)[is_new]

    def store(self, pixels: Any, labels: Any, first: int = 0) -> None:
        """Samples become records `first` and following; the library ends behind them."""
        rows = self._rows(pixels)
        classes = labels_of(labels, 1, len(rows), self._network.layers[-1])[0]
        self._taken.check_store(first, len(rows))
        self._images = np.concatenate([self._images[:first], rows])
        self._labels = np.concatenate([self._labels[:first], classes])
        self._taken.records = len(self._labels)

    def _rows(self, pixels: Any) -> Bytes:
        if self._rows_of is not None and isinstance(pixels, PackedBits):
            return self._rows_of(pixels)
        return packed(pixels_of(pixels, 1, self._network.layers[0])[0])

    def permute(self, permutation: Sequence[int]) -> None:
        """From now on network pixel i is stored pixel `permutation[i]` where playback permutes."""
        numbers = [require_integer("a place of the permutation", p, 0, self._network.layers[0] - 1) for p in permutation]
        self._taken.check_permutation(numbers)
        self._permutation, self._taken.permuted = np.array(numbers), True

    def play(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Stretch]:
        """Train on records or predict them, in ascending order; ends early, between two stretches, once `stop()` is true."""
        return self._scored(first, self.recite(first, count, train=train, permuted=permuted, stop=stop))

    def recite(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[NDArray[np.uint16]]:
        """The same with the predictions."""
        self._taken.check_play(first, count, permuted)
        return self._recite(first, count, train, self._permutation if permuted else None, stop)

    def _scored(self, first: int, recited: Iterator[NDArray[np.uint16]]) -> Iterator[Stretch]:
        for predictions in recited:
            labels = self._labels[first : first + len(predictions)]
            yield Stretch(len(predictions), int((predictions == labels).sum()))
            first += len(predictions)

    def _recite(
        self, first: int, count: int, train: bool, permutation: NDArray[np.int64] | None, stop: Callable[[], bool]
    ) -> Iterator[NDArray[np.uint16]]:
        for begin in range(first, first + count, self._stretch):
            if stop():
                return
            part = slice(begin, min(begin + self._stretch, first + count))
            pixels = PackedBits(rows=self._images[part], pixels=self._network.layers[0], order=permutation)
            yield self.train(pixels, self._labels[part]) if train else self._machine.infer(pixels)

    def rehearse(self, reservoir: Reservoir | None) -> None:
        """Rehearse from now on, out of `reservoir`; None: no more."""
        self._taken.check_rehearsal(0 if reservoir is None else reservoir.rehearsal.size)
        self._rehearser = Rehearser.of(reservoir)
        self._taken.reserved = 0 if reservoir is None else reservoir.rehearsal.size

    def reservoir(self) -> Reservoir | None:
        """The reservoir as it is now; None where nothing is rehearsed."""
        return None if self._rehearser is None else self._rehearser.reservoir
