"""Frames: what is packed is unpacked, every damaged byte is found, and lengths are what the payloads have."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import (
    CRC,
    ERROR,
    HEADER,
    HELLO,
    OVERHEAD,
    PROGRESS,
    REPLY,
    STATE,
    Frame,
    Hello,
    Reason,
    image_bytes,
    pack_state,
    unpack_state,
    version_of,
)
from sw.contract.requests import infer_payload, train_payload
from sw.contract.state import State

FRAME = Frame(type=Command.TRAIN, sequence=0x1234, nonce=0xDEADBEEF, payload=b"\x00\x01payload\xff")


@given(st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=300))
def test_what_is_packed_is_unpacked(kind, sequence, nonce, payload):
    frame = Frame(type=kind, sequence=sequence, nonce=nonce, payload=payload)
    assert Frame.unpack(frame.pack()) == frame


def test_the_numbers_on_the_wire_stay_what_they_are():
    """A host and a board of other dates have to understand each other: new commands get new numbers."""
    commands = ("HELLO", "CONFIGURE", "TABLE", "WRITE", "READ", "TRAIN", "INFER", "STATE", "COUNTERS", "RESET")
    commands += ("STORE", "RECALL", "PERMUTE", "PLAY", "RECITE", "REHEARSE", "MEMORY")
    reasons = ("VERSION", "TYPE", "NONCE", "LENGTH", "UNCONFIGURED", "RANGE", "GAP", "SAMPLE", "DAMAGED")
    for kind, names in ((Command, commands), (Reason, reasons)):
        assert {name: int(kind[name]) for name in names} == {name: number for number, name in enumerate(names, 1)}
    assert (ERROR, REPLY) == (0xFF, 0x80)


def test_the_bytes_of_a_frame_by_hand():
    packed = Frame(type=Command.HELLO, sequence=2, nonce=3, payload=b"ab").pack()
    body = bytes([3, 1, 2, 0, 3, 0, 0, 0, 2, 0]) + b"ab"
    assert packed == body + zlib.crc32(body).to_bytes(4, "little")
    assert len(packed) - 2 == OVERHEAD
    assert sum(field.width for field in HEADER) == 8 * HEADER.size


def test_every_damaged_bit_is_found():
    packed = FRAME.pack()
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ContractError, match="CRC is wrong"):
            Frame.unpack(bytes(damaged))


@pytest.mark.parametrize("length", range(len(FRAME.pack())))
def test_a_frame_that_is_cut_off_is_refused(length):
    with pytest.raises(ContractError, match=r"CRC is wrong|expected at least 14"):
        Frame.unpack(FRAME.pack()[:length])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (HEADER.pack(2, 1, 0, 0, 0), "a frame has version 2, expected 3"),
        (HEADER.pack(3, 1, 0, 0, 3) + b"ab", "a frame says 3 bytes and has 2"),
        (HEADER.pack(3, 1, 0, 0, 1) + b"ab", "a frame says 1 bytes and has 2"),
    ],
)
def test_a_frame_with_a_right_crc_can_still_be_wrong(body, message):
    with pytest.raises(ContractError, match=message):
        Frame.unpack(body + CRC.pack(zlib.crc32(body)))


def test_no_command_s_reply_is_a_command():
    assert len({int(c) for c in Command} | {c | REPLY for c in Command}) == 2 * len(Command)


def test_hello_is_unpacked_as_it_was_packed():
    values = (2**64 - 1, 50_000_000, 784, 512, 7, 7, 16, 1, 4, 2, 4096, 2**32 - 1, 2**25)
    hello = Hello(**dict(zip(Hello.__dataclass_fields__, values, strict=True)))
    assert Hello.unpack(hello.pack()) == hello
    assert len(hello.pack()) == HELLO.size == 32
    with pytest.raises(ContractError, match="HELLO has 31 bytes, expected 32"):
        Hello.unpack(hello.pack()[:-1])


def test_the_state_has_32_32_and_64_bits():
    state = State(2463534242, 2**64 - 1, 0x01020304)
    assert pack_state(state) == (2463534242).to_bytes(4, "little") + bytes([4, 3, 2, 1]) + b"\xff" * 8
    assert unpack_state(pack_state(state)) == state
    assert len(pack_state(state)) == STATE.size
    assert PROGRESS.pack(0x01020304, 5) == bytes([4, 3, 2, 1, 5, 0, 0, 0, 0, 0, 0, 0])


def test_the_version_of_another_protocol_s_frame_is_told():
    body = HEADER.pack(2, 0xFF, 0, 0, 2) + b"ab"
    frame = body + CRC.pack(zlib.crc32(body))
    assert version_of(frame) == 2
    assert version_of(frame[:-1] + b"\0") is None and version_of(b"\1") is None
    assert version_of(FRAME.pack()) is None


@pytest.mark.parametrize(("inputs", "size"), [(1, 1), (8, 1), (9, 2), (784, 98), (785, 99)])
def test_images_take_one_bit_a_pixel(inputs, size):
    assert image_bytes(inputs) == size


def test_a_training_payload_has_its_count_its_labels_and_its_images():
    payload = train_payload(0x7_1234, [3, 258], bytes(range(4)))
    assert payload == bytes([0x34, 0x12, 2, 3, 0, 2, 1, 0, 1, 2, 3])
    assert Command.TRAIN.spec.front.unpack_from(payload) == (0x1234, 2)
    assert Command.TRAIN.spec.fits(payload, 16)
    assert len(infer_payload(2, bytes(4))) == len(payload) - 2 * 2 - 2
