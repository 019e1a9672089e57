"""The twin behind the interface of a board, so that `twin` is a board like any other."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.state import State
from sw.twin.engine import Twin
from sw.twin.sample_memory import BYTES, TwinMemory
from sw.twin.threads import one_thread

STRETCH = 100  # samples of playback between two looks at Ctrl-C
NOT_CONFIGURED = "the twin is not configured: call configure with a network first"


class TwinDevice:
    """One replica of the twin with the methods of the host's device. Use it as a context manager or call `close`.

    Parameters: `device`, where PyTorch computes, in one thread within each call (`sw.twin.threads`). Every method raises
    `ContractError`, with nothing changed, for values that the contract forbids and for any use before `configure`. A board
    keeps its weight memory when it is configured; the twin begins with clause 14's initial weights.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._twin: Twin | None = None
        self._memory: TwinMemory | None = None

    @property
    def sample_memory(self) -> int:
        """Bytes of the memory for samples."""
        return BYTES

    @property
    def memory(self) -> TwinMemory:
        """Where samples are stored, to be played and rehearsed."""
        if self._memory is None:
            raise ContractError(NOT_CONFIGURED)
        return self._memory

    def describe(self) -> str:
        """What answers, in one line."""
        return f"twin: the accelerator in PyTorch on {self._device}, any network"

    @one_thread()
    def configure(self, network: Network) -> None:
        """Become `network`: initial weights, its random word, no samples, counters at zero."""
        self._twin = Twin.of(network, self._device)
        self._memory = TwinMemory(self, network, STRETCH)

    @one_thread()
    def write_weights(self, weights: list[np.ndarray]) -> None:
        """Replace the hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        twin = self._configured
        twin.load(weights, *self.read_state())

    def read_weights(self) -> list[np.ndarray]:
        """The hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return self._configured.weights()

    def write_state(self, prng: int, samples: int, signature: int = 0) -> None:
        """Replace the random word, the sample count and the signature (clause 13)."""
        self._configured.set_state(prng, samples, signature)

    def read_state(self) -> State:
        """The random word, the sample count and the signature."""
        twin = self._configured
        return State(twin.prng(), twin.samples(), twin.signature())

    def train(self, pixels: Any, labels: Any) -> np.ndarray:
        """Train on `pixels` (N, n_0), 0 or 1, and `labels` (N,); the predictions before learning, uint16 (N,)."""
        return self.memory.train(pixels, labels)

    @one_thread()
    def learn(self, pixels: Any, labels: Any) -> np.ndarray:
        """`train` without rehearsal."""
        return self._configured.train(pixels, labels)[0].astype(np.uint16)

    def stream(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[np.ndarray]:
        """`train` on one batch after the other."""
        for pixels, labels in batches:
            yield self.train(pixels, labels)

    @one_thread()
    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions of `pixels` (N, n_0): uint16 (N,). Changes nothing."""
        return self._configured.infer(pixels)[0].astype(np.uint16)

    @one_thread()
    def scores(self, pixels: Any) -> np.ndarray:
        """The scores of all classes of `pixels` (N, n_0): int32 (N, n_L). Changes nothing."""
        return self._configured.scores(pixels)[0]

    def counters(self) -> dict[str, int]:
        """learned, draws and rows_learned since `configure`."""
        return self._configured.counters()

    def reconnect(self) -> None:
        """Forget the network: the twin is never reset by others."""
        self.close()

    def close(self) -> None:
        """Forget the network and the samples."""
        self._twin = self._memory = None

    def __enter__(self) -> "TwinDevice":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _configured(self) -> Twin:
        if self._twin is None:
            raise ContractError(NOT_CONFIGURED)
        return self._twin
