"""What of a sample memory is taken: what fits is allowed, what does not is told with how much there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.error import ContractError
from sw.contract.occupancy import Occupancy

BYTES = 1024  # 64 records of up to 80 pixels


def allowed(check, *values) -> bool:
    try:
        check(*values)
    except ContractError:
        return False
    return True


@given(st.integers(0, 64), st.integers(0, 64), st.integers(0, 70), st.integers(0, 70))
def test_library_and_reservoir_take_the_whole_memory_and_not_more(records, reserved, first, count):
    taken = Occupancy(BYTES, 12)
    assert taken.capacity == 64
    taken.records, taken.reserved = records, reserved
    assert allowed(taken.check_store, first, count) == (first <= records and first + count + reserved <= 64)
    assert allowed(taken.check_rehearsal, count) == (count + records <= 64)
    assert allowed(taken.check_play, first, count, False) == (first + count <= records)
    assert not allowed(taken.check_play, 0, 0, True)


@pytest.mark.parametrize(
    ("permutation", "words"),
    [
        ([1, 2, 0], None),
        ([1, 2], "has 2 places, expected 3, one for each pixel"),
        ([1, 2, 2], "is none: expected each of 0 to 2 once"),
        ([1, 2, 3], "is none"),
        ([-1, 1, 2], "is none"),
    ],
)
def test_a_permutation_has_each_pixel_once(permutation, words):
    taken = Occupancy(BYTES, 3)
    if words is None:
        taken.check_permutation(permutation)
        return
    with pytest.raises(ContractError, match=words):
        taken.check_permutation(permutation)
