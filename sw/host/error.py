"""What can go wrong on the computer's side. Every message is one sentence that says what to do."""

from sw.contract.error import MetaplastError


class HostError(MetaplastError):
    """Base of all; the command line prints the message on one line and exits with status 2."""


class TransportError(HostError):
    """The port is missing, busy or gone, or the process that plays the board has ended."""


class LinkError(HostError):
    """The other side does not answer, or not as the protocol says."""


class RefusedError(LinkError):
    """The board answered ERROR: the request changed nothing."""


class MiscountError(LinkError):
    """The board has counted other training samples than it was sent."""


class BoardResetError(RefusedError):
    """The board has been reset since HELLO: what it had learned is gone."""


class RecordError(RefusedError):
    """A record in the sample memory of a board is damaged: that in `slot`, below 0 one of the reservoir, None if not known."""

    def __init__(self, message: str, slot: int | None = None) -> None:
        super().__init__(message)
        self.slot = slot


class BoardError(HostError):
    """No such board, or it cannot be opened or built."""


class BusyError(HostError):
    """The board is in the middle of a call of the same thread, or belongs to another process: nothing was asked of it."""


class CheckpointError(HostError):
    """A checkpoint that is damaged, of another shape or another format."""


class OutputError(HostError):
    """A file cannot be written where it was asked for."""


class InputError(HostError):
    """Images, labels or options that do not go together."""
