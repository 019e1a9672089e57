"""The sample memory: where a record lies, how many fit, and that what is damaged or elsewhere is none.

The bytes are told once more here, by hand: gateware and models have to agree on them.
"""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.sample_memory import (
    MEMORY,
    PLAYED,
    REHEARSAL,
    capacity,
    pack_record,
    record_bytes,
    reservoir_slot,
    unpack_record,
)

MIB = 1 << 20


@pytest.mark.parametrize(("inputs", "size"), [(1, 16), (80, 16), (81, 32), (784, 112), (65535, 8208)])
def test_a_record_takes_whole_bursts(inputs, size):
    assert record_bytes(inputs) == size


def test_the_bytes_of_a_record_by_hand():
    body = bytes([0x34, 0x12]) + b"image" + bytes(5)
    for slot, told in ((5, b"\5\0\0\0"), (reservoir_slot(2), b"\xfd\xff\xff\xff")):
        assert pack_record(slot, 0x1234, b"image") == body + zlib.crc32(told + body).to_bytes(4, "little")


def test_32_mib_hold_what_the_pages_say():
    assert (capacity(32 * MIB, 784), capacity(8 * MIB, 784), capacity(0, 784)) == (299_593, 74_898, 0)
    assert (REHEARSAL.size, PLAYED.size, MEMORY.size) == (26, 20, 52)


def test_a_damaged_record_of_the_reservoir_has_a_negative_slot():
    told = {field.name: 0 for field in MEMORY} | {"failed": 1, "slot": reservoir_slot(0)}
    assert MEMORY.unpack(MEMORY.pack(**told)).slot == -1


@given(st.integers(-(2**20), 2**22), st.integers(0, 65535), st.binary(min_size=1, max_size=200), st.randoms())
def test_what_is_packed_is_unpacked_where_it_lies_and_nowhere_else(slot, label, image, random):
    data, inputs = pack_record(slot, label, image), 8 * len(image)
    assert len(data) == record_bytes(inputs)
    assert unpack_record(slot, data, inputs) == (label, image)
    assert unpack_record(slot + random.choice([1, -1, 2**21]), data, inputs) is None
    damaged = bytearray(data)
    damaged[random.randrange(len(data))] ^= 1 << random.randrange(8)
    assert unpack_record(slot, bytes(damaged), inputs) is None
