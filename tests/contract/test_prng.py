"""The random word (clause 9): a published sequence, its range and what is read from it."""

import pytest

from sw.contract.prng import relaxes, step, table_index


def test_the_sequence_of_marsaglia_s_paper():
    """George Marsaglia, Xorshift RNGs, 2003: the generator (13, 17, 5) from 2463534242."""
    x, found = 2463534242, []
    for _ in range(5):
        x = step(x)
        found.append(x)
    assert found == [723471715, 2497366906, 2064144800, 2008045182, 3532304609]


def test_the_word_one_by_hand():
    """1 ^ 1<<13 = 0x2001; >> 17 adds nothing; ^ 0x2001<<5 = 0x42021."""
    assert step(1) == 0x42021


def test_every_bit_stays_within_32():
    assert step(0xFFFFFFFF) == 0x3E01F
    assert all(0 < step(1 << bit) < 2**32 for bit in range(32))


def test_zero_is_the_one_word_that_never_moves():
    assert step(0) == 0
    assert len({step(1 << bit) for bit in range(32)}) == 32


def test_the_table_is_indexed_by_the_top_byte():
    assert [table_index(x) for x in (0x00FFFFFF, 0x01000000, 0xFFFFFFFF)] == [0, 1, 255]


@pytest.mark.parametrize(
    ("word", "rate", "expected"),
    [
        (0xABCD0000, 0, False),
        (0xABCD0000, 1, True),
        (0x00000001, 1, False),
        (0xFFFFFFFF, 65535, False),
        (0xFFFFFFFF, 65536, True),
        (0x12348000, 0x8000, False),
        (0x12347FFF, 0x8000, True),
    ],
)
def test_the_low_half_below_the_rate_relaxes(word, rate, expected):
    assert relaxes(word, rate) is expected
