"""Boards from Python, for a notebook or a program: NumPy arrays in and out, errors as exceptions.

from sw.host import open_board

with open_board("ulx3s") as board:
    board.begin(layers=(784, 500, 10))
    predictions = board.train(images > 127, labels)
    board.save("trained.npz")
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import ContractError
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.contract.network import Network
from sw.contract.occupancy import Stretch
from sw.contract.rehearsal import NONE, Rehearsal
from sw.data.reservoir import Reservoir
from sw.host import checkpoint, known_boards, streaming
from sw.host.carrier import Carrier
from sw.host.checkpoint import Checkpoint
from sw.host.conversation import joined
from sw.host.error import BoardError, InputError, LinkError, RecordError
from sw.host.interruption import Interruption
from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions, SampleMemory, Scores, Weights
from sw.host.meaning import BITS
from sw.host.samples import check_labels, flat_bits
from sw.host.turns import Turns

Pixels = NDArray[np.uint8] | NDArray[np.bool_]
T = TypeVar("T")


class OpenBoard:
    """A board that is open, with one network on it. `open_board` makes it; use it as a context manager or call `close`.

    Members: `device`, the same board one layer below, for one thread at a time.
    Every method raises a `HostError` or `ContractError` whose message is the sentence that the command line prints.
    Calls from several threads take turns, each as a whole; a board belongs to the process that opened it.
    """

    def __init__(self, device: LearningDevice, board: known_boards.Board) -> None:
        self.device = device
        self._board = board
        self._turns = Turns()
        self._network: Network | None = None
        self._meaning = BITS
        self._carrier = Carrier(device, None)

    @property
    def network(self) -> Network:
        """The network on the board."""
        if self._network is None:
            raise LinkError("the board has no network: call begin or load first")
        return self._network

    @property
    def has_network(self) -> bool:
        """Whether `begin`, `resume` or `load` has put a network on the board."""
        return self._network is not None

    @property
    def geometry(self) -> Geometry | None:
        """The shape of the board; None where any network fits (the twins)."""
        return self._board.geometry

    @property
    def samples(self) -> int:
        """Training samples since `begin`, also those of earlier runs that `load` brought."""
        with self._turns:
            return self._state.read_state().samples

    @property
    def weights(self) -> Weights:
        """The hidden weights, read back: int8 arrays of shape (n_l, n_{l-1}), layer 1 first."""
        with self._turns:
            return self._state.read_weights()

    def begin(self, network: Network | None = None, **fields: Any) -> None:
        """Put a new network on the board, with its initial weights.

        Parameters: `network`, or the fields of one (`layers=(784, 500, 10)`, `margin=39`, …: those of the TOML file;
        numbers and lists of any type, NumPy's too).
        """
        if network is not None and fields:
            raise InputError("give either a network or the fields of one")
        self._put(Checkpoint.initial(network or Network.of(**fields)))

    @property
    def checkpoint(self) -> Checkpoint:
        """The network and its whole state, read back."""
        with self._turns:
            network = self.network
            return Checkpoint.of(self.device, network, self._meaning, self._carrier.state()[0])

    def resume(self, state: Checkpoint) -> None:
        """Put a state on the board: it goes on as if it had never stopped."""
        self._put(state)

    def load(self, path: str | Path) -> None:
        """`resume` with the state in a file."""
        self.resume(checkpoint.load(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write the state of the board to a checkpoint, whole or not at all."""
        self.checkpoint.save(Path(path))

    def rehearse(self, rehearsal: Rehearsal | None = None, **fields: Any) -> None:
        """From now on learn samples again out of a reservoir, which is empty yet (contract, clause 19); of size 0: no more.

        A board with a sample memory does so by itself, for one without the computer keeps the samples and sends them again.
        Parameters: `rehearsal`, or the fields of one (`size=2000`, `every=1`, `per=1`, `horizon=0`, `prng=88675123`).
        """
        if rehearsal is not None and fields:
            raise InputError("give either a rehearsal or the fields of one")
        unknown = sorted(set(fields) - set(NONE.fields))
        if unknown or not isinstance(rehearsal, Rehearsal | None):
            given = ", ".join(unknown) or type(rehearsal).__name__
            raise InputError(f"a rehearsal was given {given}, expected {', '.join(NONE.fields)}, or a Rehearsal")
        asked = rehearsal or Rehearsal(**fields)
        with self._turns:
            start = Reservoir.empty(asked, self.network.layers[0]) if asked.size else None
            if start is None and self.device.memory is not None:
                self.device.memory.rehearse(None)
            self._carrier = Carrier(self.device, start)

    @property
    def rehearsed_by(self) -> str | None:
        """Who keeps the samples that are rehearsed: "board", "host", or None where nothing is rehearsed."""
        return self._carrier.who

    def store(self, pixels: Pixels, labels: NDArray[np.integer], first: int = 0) -> None:
        """Send samples to the sample memory of the board, for `play`: records `first` and following; none is left behind them.

        `pixels` and `labels` as of `train`. `begin`, `resume` and `load` empty the memory. Raises `BoardError` for a board that
        has none, `ContractError` for more samples than fit.
        """
        with self._turns:
            bits, classes = self._samples(pixels, labels)
            self._memory.store(bits, classes, first)

    def play(
        self,
        first: int = 0,
        count: int | None = None,
        train: bool = True,
        permutation: Sequence[int] | None = None,
        predictions: bool = False,
    ) -> Stretch | Predictions:
        """Train on stored samples, in order, or predict them; the board feeds itself meanwhile.

        Parameters: `first` record; `count` of them, all that follow by default; `train`, or only predict; `permutation` of the
        pixels, network pixel i being stored pixel `permutation[i]`. Returns how many samples there were and of how many the
        class was predicted (before learning); with `predictions`, these, uint16 of shape (count,), at the pace of the line.
        Ctrl-C and the like act after a stretch of a few tenths of a second. Raises `ContractError` for records that nobody
        stored and for a permutation that is none, `RecordError` where the board finds a record damaged.
        """
        with self._turns:
            memory = self._memory
            given = {"train": train, "permuted": permutation is not None}
            if permutation is not None:
                memory.permute(permutation)
            left = memory.records - first if count is None else count
            if predictions:
                recited = self._in_batches(
                    lambda done, stop: self._unless_lost(memory.recite(first + done, left - done, **given, stop=stop))
                )
                return joined(recited)
            played = self._in_batches(
                lambda done, stop: self._unless_lost(memory.play(first + done, left - done, **given, stop=stop)),
                lambda stretch: stretch.samples,
            )
            return Stretch(sum(stretch.samples for stretch in played), sum(stretch.correct for stretch in played))

    def train(self, pixels: Pixels, labels: NDArray[np.integer]) -> Predictions:
        """Predict, then learn, sample by sample, in order.

        `pixels`: bool, or 0 and 1 of any integer type, of shape (n, n_0) or (n, height, width) with height · width = n_0.
        `labels`: integers of shape (n,), each 0 … n_L - 1. Returns the predictions before learning, uint16 of shape (n,).
        Ctrl-C, SIGTERM and the like take effect at the end of a batch, so that the board is never left in the middle of one;
        `samples` tells how far it came. Where their handler returns, training goes on.
        """
        with self._turns:
            bits, classes = self._samples(pixels, labels)
            return joined(self._in_batches(lambda done, stop: self._learn(bits[done:], classes[done:], stop)))

    def predict(self, pixels: Pixels) -> Predictions:
        """Predict without learning: `pixels` as of `train`; uint16 of shape (n,). Nothing on the board changes."""
        with self._turns:
            bits = flat_bits(pixels, self.network)
            return joined(self._in_batches(lambda done, stop: streaming.infer(self.device, bits[done:], stop)))

    def scores(self, pixels: Pixels) -> Scores:
        """The scores of all classes: `pixels` as of `train`; int32 of shape (n, n_L). Nothing on the board changes.

        The largest is what `predict` tells, the lowest class on a tie; how far it is above the next says how sure the board is.
        """
        with self._turns:
            return self._state.scores(flat_bits(pixels, self.network))

    def counters(self) -> dict[str, int]:
        """Counts since `begin` or `load`: at least `learned` samples and `draws`; a board tells its cycles too."""
        with self._turns:
            return self._state.counters()

    def close(self) -> None:
        """Give the board back. What it has learned stays on it until the next `begin` or `load`, of anyone."""
        if not self._turns.is_here:  # what was forked off has the descriptors too
            self.device.close()
            return
        with self._turns:
            self.device.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open board cannot be copied or sent to another process: open it where it is used")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _state(self) -> LearningDevice:
        """The device, once it has a network."""
        _ = self.network
        return self.device

    @property
    def _memory(self) -> SampleMemory:
        memory = self._state.memory
        if memory is None:
            raise BoardError(f"the board {self._board.name} has no sample memory: train on the samples or take another one")
        return memory

    def _samples(self, pixels: Pixels, labels: NDArray[np.integer]) -> tuple[Bits, Labels]:
        """Checked."""
        bits, classes = flat_bits(pixels, self.network), np.asarray(labels)
        check_labels(classes, len(bits), self.network)
        return bits, classes

    def _learn(self, pixels: Bits, labels: Labels, stop: Callable[[], bool]) -> Iterator[Predictions]:
        """The predictions, batch by batch."""
        return self._unless_lost(streaming.train(self.device, pixels, labels, stop, rehearser=self._carrier.rehearser))

    def _unless_lost(self, batches: Iterator[T]) -> Iterator[T]:
        """What is learned. After a failure nobody knows what a reservoir has seen, unless it came before anything was done or
        the board stopped at a damaged record of its library."""
        try:
            yield from batches
        except BaseException as error:
            stopped = isinstance(error, RecordError) and error.slot is not None and error.slot >= 0
            if self._carrier.who is not None and not stopped and not isinstance(error, InputError | ContractError):
                self._network, self._carrier = None, Carrier(self.device, None)
            raise

    def _put(self, state: Checkpoint) -> None:
        self._board.check_fits(state.network)
        with self._turns:
            self._network = None  # until all of the state is there
            state.put_on(self.device)
            self._carrier = Carrier(self.device, state.reservoir)
            self._network, self._meaning = state.network, state.meaning

    def _in_batches(
        self, batches: Callable[[int, Callable[[], bool]], Iterator[T]], samples: Callable[[T], int] = len
    ) -> list[T]:
        """All of `batches(done, stop)`: what is after the first `done` samples, up to where `stop()` comes true; of a batch,
        `samples` tells how many it has.

        A signal that comes meanwhile acts, as it would have, between two batches; it goes on where the handler returns.
        """
        parts: list[T] = []
        interruption = None
        while interruption is None or interruption.number is not None:
            interruption = Interruption()
            try:
                with interruption:
                    parts += batches(sum(map(samples, parts)), interruption.asked)
            finally:
                if interruption.number is not None:
                    with self._turns.between():
                        signal.raise_signal(interruption.number)
        return parts


def open_board(
    name: str, *, port: str | None = None, geometry: str | None = None, report: Callable[[str], None] = print
) -> OpenBoard:
    """Open a board that `metaplast boards` lists.

    Parameters: `port`, as for `--port`: a device, the serial number of its chip or a URL of pyserial; without it, the only
    port that the board can be on.
    `geometry` of the board `sim`, as for `--geometry`. `report` is given lines of progress while `sim` is compiled.
    Raises `HostError` where there is no such board or port, where the port is in use, and where something else answers.
    """
    board = known_boards.find(name, port, parse_geometry(geometry) if geometry is not None else None)
    return OpenBoard(board.open(report), board)
