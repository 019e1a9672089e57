"""The arithmetic of one hidden weight, over every value it can have (clauses 1, 10 and 11)."""

import pytest

from sw.contract.hidden_weight import HIGHEST, LEVELS, LOWEST, binary_weight, is_toward, learn, level, relax

EVERY = range(LOWEST, HIGHEST + 1)


def value(q):
    """What a hidden weight stands for, doubled to stay an integer: 2(q + ½)."""
    return 2 * q + 1


def test_there_are_256_and_they_are_symmetric():
    assert (LOWEST, HIGHEST, LEVELS) == (-128, 127, 128)
    assert [value(q) for q in EVERY] == [-value(-1 - q) for q in EVERY]
    assert all(value(q) != 0 for q in EVERY)


def test_the_binary_weight_is_the_sign_of_the_value():
    for q in EVERY:
        assert binary_weight(q) == (1 if value(q) > 0 else -1)


def test_the_level_is_the_distance_from_zero():
    for q in EVERY:
        assert level(q) == (abs(value(q)) - 1) // 2
    assert [level(q) for q in (-128, -1, 0, 127)] == [127, 0, 0, 127]


def test_a_step_is_toward_zero_when_it_makes_the_value_smaller_or_flips_it():
    for q in EVERY:
        assert is_toward(q, 1) == (value(q) < 0)
        assert is_toward(q, -1) == (value(q) > 0)


@pytest.mark.parametrize("step", [-1, 1])
def test_a_step_happens_below_the_threshold_of_its_direction(step):
    for q in EVERY:
        for threshold in range(LEVELS + 1):
            moved = min(max(q + step, LOWEST), HIGHEST) if level(q) < threshold else q
            other = 0 if threshold > LEVELS // 2 else LEVELS  # the threshold of the other direction doesn't matter
            toward, away = (threshold, other) if is_toward(q, step) else (other, threshold)
            assert learn(q, step, toward, away) == moved


def test_the_threshold_128_moves_every_level_and_127_spares_the_last():
    assert learn(127, -1, 128, 0) == 126
    assert learn(127, -1, 127, 128) == 127
    assert learn(-128, 1, 128, 0) == -127
    assert learn(-128, 1, 127, 128) == -128
    assert learn(126, -1, 127, 0) == 125


def test_the_rails_hold():
    assert learn(127, 1, 128, 128) == 127
    assert learn(-128, -1, 128, 128) == -128
    assert learn(126, 1, 0, 127) == 127


def test_a_step_across_zero_flips_the_binary_weight():
    assert learn(0, -1, 1, 0) == -1
    assert learn(-1, 1, 1, 0) == 0


@pytest.mark.parametrize("thresholds", [(0, 0), (128, 128), (5, 128)])
def test_a_column_that_is_not_valid_never_moves(thresholds):
    assert [learn(q, 0, *thresholds) for q in EVERY] == list(EVERY)


def test_thresholds_of_zero_never_move_anything():
    for q in EVERY:
        assert learn(q, 1, 0, 0) == learn(q, -1, 0, 0) == q


@pytest.mark.parametrize("floor", range(1, LEVELS))
def test_relaxing_lowers_the_levels_from_the_floor_on_by_one(floor):
    for q in EVERY:
        relaxed = relax(q, floor)
        assert binary_weight(relaxed) == binary_weight(q)
        assert level(relaxed) == level(q) - (level(q) >= floor)
