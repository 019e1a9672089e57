"""A board with the network that is taught, which comes back as it was when the board is reset or lost."""

from collections.abc import Callable
from typing import TypeVar

from sw.contract.rehearsal import Rehearsal
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import BoardResetError, HostError, LinkError, TransportError
from sw.host.learning_device import Bits, Labels, Predictions, Scores
from sw.host.notebook import OpenBoard
from sw.host.scores import scores

T = TypeVar("T")

MOST_SINCE = 1000  # samples that are learned once more after a reset


class KeptBoard:
    """The last checkpoint, and every sample since: together they are the network, to the bit.

    Parameters: `open_board` opens the board, now and whenever it has gone; `start`, the state to begin with.
    Members: `board`; `kept`, the checkpoint; `restored`, how often the network has been put on the board again.
    For one thread at a time. Every method raises a `HostError`, a `LinkError` or `TransportError` among them where the board
    is not there; the next call tries to bring the network back.
    """

    def __init__(self, open_board: Callable[[], OpenBoard], start: Checkpoint) -> None:
        self._open = open_board
        self._since: list[tuple[Bits, Labels]] = []
        self._is_lost = False
        self.restored = 0
        self.kept = start
        self.board = open_board()
        try:
            self.put(start)
        except BaseException:
            self.board.close()
            raise

    @property
    def is_fresh(self) -> bool:
        """Whether `kept` is the network as it is now."""
        return not self._since

    def put(self, state: Checkpoint) -> None:
        """Another network in the place of this one."""
        self._asked(lambda board: board.resume(state))
        self._hold(state)

    def learn(self, pixels: Bits, labels: Labels) -> Predictions:
        """Predict, then learn, and what is rehearsed with it; the predictions, uint16 of shape (n,)."""
        predictions = self._asked(lambda board: board.train(pixels, labels))
        self._since.append((pixels, labels))
        if sum(len(batch) for batch, _ in self._since) >= MOST_SINCE:
            self.keep()
        return predictions

    def predict(self, pixels: Bits) -> Predictions:
        """Predict without learning; uint16 of shape (n,)."""
        return self._asked(lambda board: board.predict(pixels))

    @property
    def tells_scores(self) -> bool:
        """Whether the board tells the scores of all classes; one behind a line tells its prediction alone."""
        return not isinstance(self.board.device, Device)

    def scores(self, pixels: Bits) -> Scores | None:
        """The scores of all classes, int32 of shape (n, n_L) (contract, clause 6): the board's, or of the weights in `kept`.

        None where these are not the board's any more: reading them back for each drawing would take seconds on a serial line.
        """
        if self.tells_scores:
            return self._asked(lambda board: board.scores(pixels))
        return scores(self.kept.network, self.kept.weights, pixels) if self.is_fresh else None

    def keep(self) -> Checkpoint:
        """Read the whole state back; the checkpoint."""
        self._hold(self._asked(lambda board: board.checkpoint))
        return self.kept

    def rehearse(self, rehearsal: Rehearsal) -> None:
        """From now on rehearse as it says, out of a reservoir that is empty yet."""
        self.keep()
        self._asked(lambda board: board.rehearse(rehearsal))
        self._hold(self.kept.rehearsing(rehearsal))

    def restore(self) -> None:
        """Put the network on the board again, whatever is there now. Raises `HostError`."""
        self._is_lost = True
        try:
            self.board.device.reconnect()
        except HostError:
            self.board.close()
            self.board = self._open()
        self.board.resume(self.kept)
        for pixels, labels in self._since:
            self.board.train(pixels, labels)
        self._is_lost = False
        self.restored += 1

    def close(self) -> None:
        """Give the board back."""
        self.board.close()

    def _hold(self, state: Checkpoint) -> None:
        self.kept = state
        self._since.clear()

    def _asked(self, ask: Callable[[OpenBoard], T]) -> T:
        """What the board answers; after a reset it gets its network again, and is asked once more."""
        try:
            if self._is_lost:
                self.restore()
            try:
                return ask(self.board)
            except BoardResetError:
                self.restore()
                return ask(self.board)
        except (LinkError, TransportError):
            self._is_lost = True
            raise
