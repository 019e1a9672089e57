"""Commands: the table says of each what it holds, how long that is, and when it may come.

Lengths are told once more here, by hand: they are what a board and a host of other dates have to agree on.
"""

import pytest

from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.payload import Bytes, Columns, Items, Pixels
from sw.contract.specification import Specification
from sw.contract.structure import Field, Structure

COUNT = Structure("", Field("count", 8))
INPUTS = 17  # three bytes an image

LENGTHS = {
    Command.HELLO: [0],
    Command.CONFIGURE: [54],
    Command.TABLE: [513],
    Command.WRITE: range(2, 70000, 999),
    Command.READ: [4],
    Command.STATE: [0, 16],
    Command.COUNTERS: [0],
    Command.RESET: [0],
    Command.RECALL: [4],
    Command.PLAY: [9],
    Command.RECITE: [8],
    Command.REHEARSE: [0, 26],
    Command.MEMORY: [0],
}


@pytest.mark.parametrize("command", LENGTHS, ids=lambda command: command.name)
def test_a_payload_of_another_length_does_not_fit(command: Command):
    lengths = LENGTHS[command]
    for length in (*lengths, *(length + by for length in lengths for by in (-1, 1) if length + by >= 0)):
        fits = length in lengths or (command is Command.WRITE and length >= 2)
        assert command.spec.fits(bytes(length)) == fits, length


@pytest.mark.parametrize(("command", "front", "sample"), [(Command.TRAIN, 3, 5), (Command.INFER, 1, 3), (Command.STORE, 5, 5)])
def test_a_payload_has_as_many_samples_as_it_counts(command: Command, front: int, sample: int):
    for count in (0, 1, 2, 255):
        length = front + count * sample
        begin = bytes(front - 1) + bytes([count])
        assert command.spec.fits(begin + bytes(length - front), INPUTS)
        assert not command.spec.fits(begin + bytes(length - front + 1), INPUTS)
        assert count == 0 or not command.spec.fits(begin + bytes(length - front - 1), INPUTS)
    for length in range(front):
        assert not command.spec.fits(bytes(length), INPUTS)
    assert command.spec.item_length(INPUTS) == sample


def test_a_permutation_has_a_number_for_each_pixel():
    assert [length for length in range(3 * INPUTS) if Command.PERMUTE.spec.fits(bytes(length), INPUTS)] == [2 * INPUTS]


def test_what_a_repetition_must_not_do_again_is_what_changes_the_board():
    always = {Command.CONFIGURE, Command.TABLE, Command.WRITE, Command.TRAIN, Command.RESET}
    always |= {Command.STORE, Command.PERMUTE, Command.PLAY, Command.RECITE}
    assert {command for command in Command if command.spec.changes} == always | {Command.STATE, Command.REHEARSE}
    assert {command for command in Command if command.spec.optional} == {Command.STATE, Command.REHEARSE}


def test_what_needs_a_network_what_streams_and_what_begins_a_session():
    needs_memory = {command for command in Command if command > Command.RESET}
    assert {command for command in Command if command.spec.needs_memory} == needs_memory
    needs_network = {Command.TABLE, Command.WRITE, Command.READ, Command.TRAIN, Command.INFER, *needs_memory} - {Command.MEMORY}
    assert {command for command in Command if command.spec.needs_network} == needs_network
    assert {command for command in Command if command.spec.streams} == {
        Command.TRAIN,
        Command.INFER,
        Command.PLAY,
        Command.RECITE,
    }
    assert {command for command in Command if not command.spec.in_session} == {Command.HELLO}


def test_replies_that_always_have_a_length():
    lengths = {command: command.spec.reply_length for command in Command if command.spec.reply_length != 0}
    assert lengths == {
        Command.HELLO: 32,
        Command.STATE: 16,
        Command.COUNTERS: 88,
        Command.PLAY: 20,
        Command.REHEARSE: 26,
        Command.MEMORY: 52,
        **dict.fromkeys((Command.READ, Command.TRAIN, Command.INFER, Command.RECALL, Command.RECITE)),
    }


def test_arguments_are_what_the_board_knows_first():
    known = {command: [field.name for field in command.spec.known] for command in Command if command.spec.known}
    assert known == {
        Command.TABLE: ["table"],
        Command.WRITE: ["row"],
        Command.READ: ["row", "count"],
        Command.TRAIN: ["first", "count"],
        Command.INFER: ["count"],
        Command.STATE: ["prng"],
        Command.STORE: ["slot", "count"],
        Command.RECALL: ["slot"],
        Command.PLAY: ["first", "record", "how", "count"],
        Command.RECITE: ["first", "record", "how", "count"],
        Command.REHEARSE: ["prng", "size"],
    }
    assert [command.spec.argument_bytes for command in known] == [1, 2, 4, 3, 1, 4, 5, 4, 9, 8, 8]


def test_a_payload_is_read_as_it_was_made():
    payload = Command.WRITE.payload(b"weights", row=0x0102)
    assert payload == b"\x02\x01weights"
    front, rest = Command.WRITE.read(payload)
    assert (front.row, rest) == (0x0102, b"weights")


def test_a_number_on_the_wire_is_its_command():
    assert Command(6) is Command.TRAIN
    with pytest.raises(ValueError, match="18 is not a valid Command"):
        Command(18)


def test_a_specification_that_no_board_could_follow_is_refused():
    with pytest.raises(ContractError, match="items need a count, the last argument"):
        Specification(rest=(Items("images"),))
    with pytest.raises(ContractError, match="items need a count, the last argument"):
        Specification(reply=(Items("words", 16),), front=Structure("", Field("row", 8)))
    with pytest.raises(ContractError, match="what may be left out needs something behind its arguments"):
        Specification(front=COUNT, optional=True)


def test_parts_are_told_in_words():
    items = Items("labels", 16), Items("steps", 8, signed=True), Items("images")
    parts = (Bytes("a mask", 5), *items, Columns("weights"), Pixels("image", 1), Pixels("p", 16))
    assert [str(part) for part in parts] == [
        "a mask, 5 bytes",
        "labels u16 × count",
        "steps i8 × count",
        "images × count",
        "weights i8 of columns 0, 1, …",
        "image",
        "p u16 × n_0",
    ]
