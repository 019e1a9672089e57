"""Boards from Python, for a notebook or a program: NumPy arrays in and out, errors as exceptions.

from sw.host import open_board

with open_board("ulx3s") as board:
    board.begin(layers=(784, 500, 10))
    predictions = board.train(images > 127, labels)
    board.save("trained.npz")
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.contract.network import Network
from sw.contract.rehearsal import NONE, Rehearsal
from sw.host import checkpoint, known_boards, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError, LinkError
from sw.host.interruption import Interruption
from sw.host.learning_device import Bits, Labels, LearningDevice, Predictions, Scores, Weights
from sw.host.meaning import BITS
from sw.host.reservoir import Rehearser, Reservoir
from sw.host.samples import check_labels, flat_bits
from sw.host.turns import Turns

Pixels = NDArray[np.uint8] | NDArray[np.bool_]


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
        self._rehearser: Rehearser | None = None

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
            reservoir = None if self._rehearser is None else self._rehearser.reservoir
            return Checkpoint.of(self._state, self.network, self._meaning, reservoir)

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
            inputs = self.network.layers[0]
            self._rehearser = Rehearser(Reservoir.empty(asked, inputs)) if asked.size else None

    def train(self, pixels: Pixels, labels: NDArray[np.integer]) -> Predictions:
        """Predict, then learn, sample by sample, in order.

        `pixels`: bool, or 0 and 1 of any integer type, of shape (n, n_0) or (n, height, width) with height · width = n_0.
        `labels`: integers of shape (n,), each 0 … n_L - 1. Returns the predictions before learning, uint16 of shape (n,).
        Ctrl-C, SIGTERM and the like take effect at the end of a batch, so that the board is never left in the middle of one;
        `samples` tells how far it came. Where their handler returns, training goes on.
        """
        with self._turns:
            bits = flat_bits(pixels, self.network)
            classes = np.asarray(labels)
            check_labels(classes, len(bits), self.network)
            return self._in_batches(lambda done, stop: self._learn(bits[done:], classes[done:], stop))

    def predict(self, pixels: Pixels) -> Predictions:
        """Predict without learning: `pixels` as of `train`; uint16 of shape (n,). Nothing on the board changes."""
        with self._turns:
            bits = flat_bits(pixels, self.network)
            return self._in_batches(lambda done, stop: streaming.infer(self.device, bits[done:], stop))

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

    def _learn(self, pixels: Bits, labels: Labels, stop: Callable[[], bool]) -> Iterator[Predictions]:
        """The predictions, batch by batch. A reservoir that is ahead of a board which fails is of no use any more."""
        try:
            yield from streaming.train(self.device, pixels, labels, stop, rehearser=self._rehearser)
        except BaseException:
            if self._rehearser is not None:
                self._network = self._rehearser = None
            raise

    def _put(self, state: Checkpoint) -> None:
        self._board.check_fits(state.network)
        with self._turns:
            self._network = None  # until all of the state is there
            state.put_on(self.device)
            self._network, self._meaning = state.network, state.meaning
            self._rehearser = Rehearser.of(state.reservoir)

    def _in_batches(self, batches: Callable[[int, Callable[[], bool]], Iterator[Predictions]]) -> Predictions:
        """All predictions, of `batches(done, stop)`: those after the first `done` samples, up to where `stop()` comes true.

        A signal that comes meanwhile acts, as it would have, between two batches; it goes on where the handler returns.
        """
        predictions = [np.zeros(0, np.uint16)]
        interruption = None
        while interruption is None or interruption.number is not None:
            interruption = Interruption()
            try:
                with interruption:
                    predictions += batches(sum(map(len, predictions)), interruption.asked)
            finally:
                if interruption.number is not None:
                    with self._turns.between():
                        signal.raise_signal(interruption.number)
        return np.concatenate(predictions)


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
