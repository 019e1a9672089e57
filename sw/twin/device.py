"""The twin behind the interface of a board, so that `twin` is a board like any other."""

from types import TracebackType
from typing import Any

import numpy as np

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.twin.engine import Twin


class TwinDevice:
    """One replica of the twin with the methods of the host's device. Use it as a context manager or call `close`.

    Parameters: `device`, where PyTorch computes. Every method raises `ContractError`, with nothing changed, for values
    that the contract forbids and for any use before `configure`. A board keeps its weight memory when it is configured;
    the twin begins with clause 14's initial weights.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._twin: Twin | None = None

    def describe(self) -> str:
        """What answers, in one line."""
        return f"twin: the accelerator in PyTorch on {self._device}, any network"

    def configure(self, network: Network) -> None:
        """Become `network`: initial weights, its random word, no samples, counters at zero."""
        self._twin = Twin.of(network, self._device)

    def write_weights(self, weights: list[np.ndarray]) -> None:
        """Replace the hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        twin = self._configured
        twin.load(weights, twin.prng(), twin.samples())

    def read_weights(self) -> list[np.ndarray]:
        """The hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        return self._configured.weights()

    def write_state(self, prng: int, samples: int) -> None:
        """Replace the random word and the sample count (clause 13)."""
        self._configured.set_state(prng, samples)

    def read_state(self) -> tuple[int, int]:
        """The random word and the sample count."""
        return self._configured.prng(), self._configured.samples()

    def train(self, pixels: Any, labels: Any) -> np.ndarray:
        """Train on `pixels` (N, n_0), 0 or 1, and `labels` (N,); the predictions before learning, uint16 (N,)."""
        return self._configured.train(pixels, labels)[0].astype(np.uint16)

    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions of `pixels` (N, n_0): uint16 (N,). Changes nothing."""
        return self._configured.infer(pixels)[0].astype(np.uint16)

    def counters(self) -> dict[str, int]:
        """learned, draws and rows_learned since `configure`."""
        return self._configured.counters()

    def close(self) -> None:
        """Forget the network."""
        self._twin = None

    def __enter__(self) -> "TwinDevice":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _configured(self) -> Twin:
        if self._twin is None:
            raise ContractError("the twin is not configured: call configure with a network first")
        return self._twin
