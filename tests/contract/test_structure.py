"""Structures: fields lie where they are declared, by name and in order, and what does not fit is refused."""

import struct
from dataclasses import dataclass

import pytest

from sw.contract.error import ContractError
from sw.contract.frames import U8, U64
from sw.contract.structure import Field, Structure

PLACE = Structure("Place", Field("row", 16), Field("shift", 8, signed=True), Field("far", 32, signed=True), Field("all", 64))
VALUES = {"row": 0x1234, "shift": -2, "far": -3, "all": 2**64 - 1}
BYTES = b"\x34\x12\xfe\xfd\xff\xff\xff" + b"\xff" * 8


def test_fields_follow_each_other_lowest_byte_first():
    assert PLACE.pack(**VALUES) == PLACE.pack(*VALUES.values()) == BYTES
    assert PLACE.size == len(BYTES)
    assert [PLACE.offset(name) for name in PLACE.names] == [0, 2, 3, 7]


def test_what_is_packed_is_unpacked_by_name():
    values = PLACE.unpack(BYTES)
    assert values._asdict() == VALUES
    assert values == PLACE.unpack_from(BYTES + b"more") == tuple(VALUES.values())


def test_a_field_is_found_by_its_name():
    assert PLACE["shift"] is PLACE.fields[1]
    assert [field.kind for field in PLACE] == ["u16", "i8", "i32", "u64"]
    for wrong in (lambda: PLACE["column"], lambda: PLACE.offset("column")):
        with pytest.raises(ValueError, match="not in tuple"):
            wrong()


@pytest.mark.parametrize(
    ("values", "by_name"),
    [((1, 2, 3), {}), ((1, 2, 3, 4, 5), {}), ((), {"row": 1}), ((), VALUES | {"column": 1}), ((1,), VALUES)],
)
def test_a_field_too_few_or_too_many_is_refused(values, by_name):
    with pytest.raises(ContractError, match="Place is made of row, shift, far, all"):
        PLACE.pack(*values, **by_name)


def test_what_has_no_room_is_an_error():
    for name, value in (("row", 1 << 16), ("row", -1), ("shift", 128), ("shift", -129)):
        with pytest.raises(struct.error):
            PLACE.pack(**VALUES | {name: value})
    with pytest.raises(struct.error):
        PLACE.unpack(BYTES + b"\0")
    with pytest.raises(struct.error):
        PLACE.unpack_from(BYTES[:-1])


def test_a_structure_without_fields_has_no_bytes():
    assert (Structure("").pack(), Structure("").size) == (b"", 0)
    with pytest.raises(ContractError, match="the structure is made of nothing"):
        Structure("").pack(row=1)


def test_a_class_tells_its_structure():
    @dataclass
    class Told:
        small: U8
        large: U64

    told = Structure.of("Told", Told)
    assert (told.name, told.names, told.size) == ("Told", ("small", "large"), 9)
