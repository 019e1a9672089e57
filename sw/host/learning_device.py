"""What a machine that learns can do, wherever it runs: the board behind a port, the simulated board, the twin."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sw.contract.network import Network
from sw.contract.occupancy import Stretch
from sw.contract.state import State
from sw.data.reservoir import Reservoir

Bits = NDArray[np.uint8]
Labels = NDArray[np.integer]
Predictions = NDArray[np.uint16]
Scores = NDArray[np.int32]
Weights = list[NDArray[np.int8]]


class SampleMemory(Protocol):
    """The memory of a device whose network is configured: samples are stored in it, played and rehearsed (clauses 19 to 21).

    A *library* of samples, records 0, 1, …, and the reservoir of what is rehearsed. Whatever does not fit raises
    `ContractError`, with nothing changed. Configuring a network empties it.
    """

    @property
    def bytes(self) -> int:
        """Of library and reservoir together, as `sw.contract.sample_memory` counts them."""
        ...

    @property
    def records(self) -> int:
        """Of the library."""
        ...

    @property
    def room(self) -> int:
        """Records that a library may have beside the reservoir."""
        ...

    def store(self, pixels: Bits, labels: Labels, first: int = 0) -> None:
        """Samples become records `first` and following; the library ends behind them."""
        ...

    def permute(self, permutation: Sequence[int]) -> None:
        """From now on network pixel i is stored pixel `permutation[i]` where playback permutes."""
        ...

    def play(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = ...
    ) -> Iterator[Stretch]:
        """Train on records or predict them, in ascending order, a stretch after the other; ends early once `stop()` is true."""
        ...

    def recite(
        self, first: int, count: int, *, train: bool = True, permuted: bool = False, stop: Callable[[], bool] = ...
    ) -> Iterator[Predictions]:
        """The same with the predictions of each stretch."""
        ...

    def rehearse(self, reservoir: Reservoir | None) -> None:
        """Rehearse from now on, out of `reservoir`; None: no more."""
        ...

    def reservoir(self) -> Reservoir | None:
        """The reservoir as it is now; None where nothing is rehearsed."""
        ...


class LearningDevice(Protocol):
    """One network on one machine: `sw.host.device.Device`, and of the twins `TwinDevice` and `CompiledDevice`.

    Pixels are uint8, 0 or 1, of shape (n, n_0); labels integers of shape (n,); weights a list of int8 arrays of shape
    (n_l, n_{l-1}), layer 1 first. Every sample is handled in order, one at a time (contract, clauses 3 to 11).
    """

    @property
    def sample_memory(self) -> int:
        """Bytes of its memory for samples; 0 where it has none."""
        ...

    @property
    def memory(self) -> SampleMemory | None:
        """That memory, once there is a network; None where it has none."""
        ...

    def configure(self, network: Network) -> None:
        """Take on a network: settings, tables, the random word `network.prng`, no samples. Weights: undefined."""
        ...

    def write_weights(self, weights: Weights) -> None:
        """Replace all hidden weights."""
        ...

    def read_weights(self) -> Weights:
        """All hidden weights."""
        ...

    def write_state(self, prng: int, samples: int, signature: int = 0) -> None:
        """Set the random word, the count of training samples and their signature (clause 13)."""
        ...

    def read_state(self) -> State:
        """The random word, the count of training samples and their signature."""
        ...

    def train(self, pixels: Bits, labels: Labels) -> Predictions:
        """Predict, then learn, sample by sample; the predictions."""
        ...

    def stream(self, batches: Iterable[tuple[Bits, Labels]]) -> Iterator[Predictions]:
        """`train` on one batch after the other, each of at least one sample, without a pause between them."""
        ...

    def infer(self, pixels: Bits) -> Predictions:
        """Predict; no state changes."""
        ...

    def scores(self, pixels: Bits) -> Scores:
        """The scores of all classes, of shape (n, n_L): the largest is what `infer` predicts. No state changes."""
        ...

    def counters(self) -> dict[str, int]:
        """Counts since `configure`: at least `learned` and `draws`; a board tells all of `frames.COUNTERS`."""
        ...

    def reconnect(self) -> None:
        """Find the machine again after a `BoardResetError`: as it is after `close` and opening it anew."""
        ...

    def close(self) -> None:
        """Give the machine back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
