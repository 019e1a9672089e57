"""What a board says that is not what was asked for, or that it says nothing, in words that say what to do."""

from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import ERROR, VERSION, Frame, Hello, Reason
from sw.host.error import BoardResetError, LinkError, RecordError, RefusedError
from sw.host.frame_reader import FrameReader

REASONS = {
    Reason.VERSION: "it speaks another version of this protocol; program it again",
    Reason.TYPE: "it does not know this command; program it again",
    Reason.NONCE: "it has been reset in between, what it had learned is gone; start again from a checkpoint",
    Reason.LENGTH: "the request has another length than the command asks for",
    Reason.UNCONFIGURED: "no network has been configured",
    Reason.RANGE: "a row, a column, a layer, a label or a record lies outside the network or the sample memory",
    Reason.GAP: "it waits for another request, as if a second host spoke to it",
    Reason.SAMPLE: "the samples do not follow those that it has learned, as if a second host trained it",
    Reason.DAMAGED: "a record in its sample memory is damaged; store the samples again, or start again from a checkpoint",
}

KINDS: dict[int, type[RefusedError]] = {Reason.NONCE: BoardResetError, Reason.DAMAGED: RecordError}


def refusal(frame: Frame, command: Command, name: str) -> LinkError:
    """The error of a reply of the board `name` that is not the one to `command`."""
    if frame.type != ERROR or len(frame.payload) != 2:
        return LinkError(f"{name} answered {command.name} with a frame of type {frame.type}: program it again")
    reason = frame.payload[0]
    words = REASONS[Reason(reason)] if reason in REASONS else f"reason {reason}, which this version does not know"
    kind = KINDS.get(reason, RefusedError)
    return kind(f"{name} refused {command.name}: {words}")


def hello_of(frame: Frame, name: str) -> Hello:
    """What the board `name` says of itself. Raises `LinkError`."""
    try:
        return Hello.unpack(frame.payload)
    except ContractError as error:
        raise LinkError(f"{name} speaks another version of this protocol: {error}") from error


def unanswered(reader: FrameReader, name: str) -> LinkError:
    """The error where HELLO was not answered, by what has come instead."""
    if reader.other_version is not None:
        return LinkError(f"{name} speaks version {reader.other_version} of this protocol, expected {VERSION}: program it again")
    if reader.silent:
        return LinkError(f"{name} does not answer: check the port, the cable and that it is programmed")
    return LinkError(f"{name} answers, but not as a metaplast board does: check the port")
