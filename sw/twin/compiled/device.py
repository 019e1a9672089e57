"""The compiled twin behind the interface of a board, as `sw.twin.device` is for the twin."""

import ctypes
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require, require_integer
from sw.contract.network import Network
from sw.contract.state import State
from sw.contract.table import table_bytes
from sw.data.initial_weights import initial_weights
from sw.data.packed_bits import PackedBits
from sw.twin.compiled.library import PATHS, SOURCE, RuleType, library, path_of, say_nothing
from sw.twin.sample_memory import BYTES, TwinMemory
from sw.twin.samples import labels_of, pixels_of, weights_of

COUNTERS = ("learned", "draws", "rows_learned")
SYNAPSES_AT_ONCE = 4_000_000_000  # of a batch: about a tenth of a second
MOST_AT_ONCE = 10_000  # samples
WORD_BITS = 64


class CompiledDevice:
    """One network in native code with the methods of `TwinDevice`: the same values, types and refusals.

    Parameters: `source`, the C++ text of the machine, with its headers beside it; `rule`, what learns in the place of the
    contract's rule; `report` is told where it has to be compiled; `path`, one of `PATHS`, the quickest of this processor if
    none is given: all give the same bits. Raises `CompilerError` where it cannot be compiled, `ContractError` for a path
    that this processor does not run. Use it as a context manager or call `close`.
    """

    def __init__(
        self,
        source: Path = SOURCE,
        rule: RuleType | None = None,
        report: Callable[[str], None] = say_nothing,
        path: str | None = None,
    ) -> None:
        self._library = library(source, rule, report)
        self.path = path_of(self._library, path)
        self._network: Network | None = None
        self._machine: ctypes.c_void_p | None = None
        self._samples = 0
        self._memory: TwinMemory | None = None

    @property
    def sample_memory(self) -> int:
        """Bytes of the memory for samples."""
        return BYTES

    @property
    def memory(self) -> TwinMemory:
        """Where samples are stored, to be played and rehearsed."""
        self._configured()
        assert self._memory is not None
        return self._memory

    def describe(self) -> str:
        """What answers, in one line."""
        return "compiled twin: the accelerator in C++, any network"

    @property
    def batch(self) -> int:
        """Samples of a call: it is worth making, and Ctrl-C does not wait long for its end."""
        _, network = self._configured()
        synapses = sum(rows * columns for rows, columns in network.shapes)
        return max(1, min(MOST_AT_ONCE, SYNAPSES_AT_ONCE // synapses))

    @property
    def read_outs(self) -> int:
        """Output neurons of a class: one, where the rule is the contract's."""
        return self._library.machine_read_outs()

    def configure(self, network: Network) -> None:
        """Become `network`: initial weights, its random word, no samples, counters at zero."""
        self.close()
        sizes = np.array(network.layers, dtype=np.int32)
        self._machine = ctypes.c_void_p(self._library.machine_new(PATHS.index(self.path), network.depth, _address(sizes)))
        self._network = network
        self._memory = TwinMemory(self, network, self.batch, self._rows)
        self._library.machine_set(self._machine, network.margin, network.relax_floor)
        for i in range(network.depth):
            self._library.machine_set_layer(self._machine, i, table_bytes(network.table(i)), network.relax_rate[i])
        for i, mode in enumerate(network.activation):
            steps = np.array(network.bounds(i), dtype=np.int32)
            modes = mode != "sign", mode == "band"
            self._library.machine_set_activation(self._machine, i, *modes, _address(steps), len(steps))
        self.write_weights(initial_weights(network))
        self.write_state(network.prng, 0)

    def write_weights(self, weights: list[np.ndarray]) -> None:
        """Replace the hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        machine, network = self._configured()
        for i, layer in enumerate(weights_of(weights, network)):
            self._library.machine_load(machine, i, _address(layer))

    def read_weights(self) -> list[np.ndarray]:
        """The hidden weights: int8 (n_l, n_{l-1}), layer 1 first."""
        machine, network = self._configured()
        layers = [np.zeros(shape, dtype=np.int8) for shape in network.shapes]
        for i, layer in enumerate(layers):
            self._library.machine_read(machine, i, _address(layer))
        return layers

    def write_state(self, prng: int, samples: int, signature: int = 0) -> None:
        """Replace the random word, the sample count and the signature (clause 13)."""
        machine, _ = self._configured()
        prng = require_integer("prng", prng, 1, 2**32 - 1)
        samples = require_integer("samples", samples, 0, 2**64 - 1)
        signature = require_integer("signature", signature, 0, 2**32 - 1)
        self._library.machine_set_state(machine, ctypes.c_uint32(prng), ctypes.c_uint32(signature))
        self._samples = samples

    def read_state(self) -> State:
        """The random word, the sample count and the signature."""
        machine, _ = self._configured()
        return State(self._library.machine_random(machine), self._samples, self._library.machine_signature(machine))

    def train(self, pixels: Any, labels: Any) -> np.ndarray:
        """Train on `pixels` (N, n_0), 0 or 1 or `PackedBits`, and `labels` (N,); the predictions before it, uint16 (N,)."""
        return self.memory.train(pixels, labels)

    def learn(self, pixels: Any, labels: Any) -> np.ndarray:
        """`train` without rehearsal."""
        _, network = self._configured()
        words = self._words(pixels)
        checked = labels_of(labels, 1, len(words), network.layers[-1])[0]
        predictions = self._run(words, np.ascontiguousarray(checked))
        self._samples = (self._samples + len(words)) % 2**64
        return predictions

    def stream(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[np.ndarray]:
        """`train` on one batch after the other."""
        for pixels, labels in batches:
            yield self.train(pixels, labels)

    def infer(self, pixels: Any) -> np.ndarray:
        """Predictions of `pixels` (N, n_0), 0 or 1 or `PackedBits`: uint16 (N,). Changes nothing."""
        return self._run(self._words(pixels), None)

    def scores(self, pixels: Any) -> np.ndarray:
        """The scores of all classes of `pixels` (N, n_0), 0 or 1 or `PackedBits`: int32 (N, n_L). Changes nothing."""
        machine, network = self._configured()
        words = self._words(pixels)
        scores = np.zeros((len(words), network.layers[-1] // self.read_outs), dtype=np.int32)
        self._library.machine_scores(machine, _address(words), ctypes.c_int64(len(words)), _address(scores))
        return scores

    def sum_first_layer(self, pixels: Any) -> None:
        """What no inference of `pixels` can do without, to be measured: the sums of layer 1 (clause 4)."""
        words = self._words(pixels)
        self._library.machine_sum_first_layer(self._machine, _address(words), ctypes.c_int64(len(words)))

    def counters(self) -> dict[str, int]:
        """learned, draws and rows_learned since `configure`."""
        values = np.zeros(len(COUNTERS), dtype=np.int64)
        self._library.machine_counters(self._configured()[0], _address(values))
        return dict(zip(COUNTERS, values.tolist(), strict=True))

    def reconnect(self) -> None:
        """Forget the network: nobody else resets it."""
        self.close()

    def close(self) -> None:
        """Forget the network."""
        if self._machine is not None:
            self._library.machine_free(self._machine)
        self._machine = self._network = self._memory = None

    def __enter__(self) -> "CompiledDevice":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_machine", None) is not None:
            self.close()

    def _configured(self) -> tuple[ctypes.c_void_p, Network]:
        require(self._network is not None, "the compiled twin is not configured: call configure with a network first")
        assert self._machine is not None and self._network is not None
        return self._machine, self._network

    def _rows(self, pixels: PackedBits) -> NDArray[np.uint8]:
        """Samples in whole bytes, in their order."""
        words = self._words(pixels).astype("<u8", copy=False)
        return np.ascontiguousarray(words.view(np.uint8)[:, : pixels.rows.shape[1]])

    def _words(self, pixels: Any) -> NDArray[np.uint64]:
        machine, network = self._configured()
        inputs = network.layers[0]
        packed = isinstance(pixels, PackedBits)
        if packed:
            require(pixels.pixels == inputs, f"pixels has the shape {pixels.shape}, expected (samples, {inputs})")
        given = np.ascontiguousarray(pixels.rows) if packed else pixels_of(pixels, 1, inputs)[0]
        words = np.empty((len(given), -(-inputs // WORD_BITS)), np.uint64)
        count = ctypes.c_int64(len(given))
        if packed:
            where = None if pixels.order is None else np.argsort(pixels.order).astype(np.uint16)
            places = None if where is None else _address(where)
            self._library.machine_place(machine, _address(given), count, places, _address(words))
        else:
            self._library.machine_pack(machine, _address(given), count, _address(words))
        return words

    def _run(self, words: NDArray[np.uint64], labels: NDArray[np.int64] | None) -> np.ndarray:
        predictions = np.zeros(len(words), dtype=np.uint16)
        where = None if labels is None else _address(labels)
        count = ctypes.c_int64(len(words))
        self._library.machine_run(self._configured()[0], _address(words), where, count, _address(predictions))
        return predictions


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
