"""Threshold tables (clause 12): shape, ends, entries computed by hand, and the probabilities they stand for."""

import math

import pytest

from sw.contract.table import ENTRIES, METAPLASTIC_FUNCTIONS, table_bytes, tail, thresholds

RATES = [(0.35, 2.2), (0.4, 2.5), (1.0, 0.0), (0.0, 1.0), (7.0, 0.3), (0.5, 1e6), (1e300, 1e300)]


@pytest.mark.parametrize("function", METAPLASTIC_FUNCTIONS)
@pytest.mark.parametrize(("learning_rate", "metaplasticity"), RATES)
def test_a_table_has_256_pairs_that_never_rise(learning_rate, metaplasticity, function):
    table = thresholds(learning_rate, metaplasticity, function=function)
    assert len(table) == ENTRIES == 256
    toward, away = zip(*table, strict=True)
    assert list(toward) == sorted(toward, reverse=True)
    assert list(away) == sorted(away, reverse=True)
    assert all(0 <= threshold <= 128 for pair in table for threshold in pair)
    assert set(away) <= {0, 128}
    assert all(t <= a for t, a in table)  # f is at most 1


def test_without_metaplasticity_both_thresholds_are_all_or_nothing():
    assert thresholds(0.25, 0.0) == ((128, 128),) * 64 + ((0, 0),) * 192


@pytest.mark.parametrize(("learning_rate", "steps"), [(0.0, 0), (0.5 / 256, 0), (0.6 / 256, 1), (255.5 / 256, 255), (1.0, 256)])
def test_the_learning_rate_is_the_share_of_draws_that_step_away(learning_rate, steps):
    assert sum(away == 128 for _, away in thresholds(learning_rate, 2.0)) == steps


@pytest.mark.parametrize(("entry", "pair"), [(0, (128, 128)), (50, (46, 128)), (100, (7, 128)), (101, (5, 128)), (102, (0, 0))])
def test_entries_of_the_default_output_layer(entry, pair):
    """0.4 · (1 - tanh²(2.5 v)) > (u + ½)/256 holds up to v = artanh(√(1 - (u + ½)/102.4)) / 2.5: count the (k + ½)/128."""
    assert thresholds(0.4, 2.5)[entry] == pair
    if 0 < entry < 102:
        limit = 128 * math.atanh(math.sqrt(1 - (entry + 0.5) / (0.4 * 256))) / 2.5
        assert pair[0] == math.floor(limit + 0.5)


@pytest.mark.parametrize(("entry", "toward"), [(0, 128), (50, 53), (51, 51), (84, 11), (100, 1), (101, 0)])
def test_entries_of_a_hyperbola(entry, toward):
    """0.4 / (1 + 2.5 v) > (u + ½)/256 holds up to v = (102.4/(u + ½) - 1) / 2.5: count the (k + ½)/128 below it."""
    assert thresholds(0.4, 2.5, function="hyperbola")[entry] == (toward, 128)
    if entry:
        assert toward == math.floor(128 * (0.4 * 256 / (entry + 0.5) - 1) / 2.5 + 0.5)


@pytest.mark.parametrize("function", METAPLASTIC_FUNCTIONS)
def test_the_tail_of_the_thresholds_is_the_step_probability(function):
    toward = [t for t, _ in thresholds(0.35, 2.2, function=function)]
    for k in range(128):
        probability = 0.35 * METAPLASTIC_FUNCTIONS[function](2.2 * (k + 0.5) / 128)
        assert abs(sum(t > k for t in toward) / 256 - probability) <= 0.5 / 256


@pytest.mark.parametrize("function", METAPLASTIC_FUNCTIONS)
def test_saturation_does_to_steps_away_what_metaplasticity_does_to_those_toward(function):
    toward, away = zip(*thresholds(0.6, 3.0, 1.5, function), strict=True)
    assert away == tuple(toward for toward, _ in thresholds(0.6, 1.5, function=function))
    assert toward == tuple(toward for toward, _ in thresholds(0.6, 3.0, function=function))
    assert thresholds(0.6, 3.0, 0.0, function) == thresholds(0.6, 3.0, function=function)


def test_the_metaplastic_functions_fall_from_one():
    for f_meta in METAPLASTIC_FUNCTIONS.values():
        assert f_meta(0.0) == 1.0
    assert METAPLASTIC_FUNCTIONS["tanh"](1.0) == pytest.approx(1 / math.cosh(1.0) ** 2)
    assert [METAPLASTIC_FUNCTIONS["hyperbola"](x) for x in (1.0, 3.0)] == [0.5, 0.25]


def test_the_paper_s_function_is_the_default():
    assert thresholds(0.6, 3.0, 1.5) == thresholds(0.6, 3.0, 1.5, "tanh") != thresholds(0.6, 3.0, 1.5, "hyperbola")


def test_any_function_that_does_not_rise_makes_a_table():
    assert tail(lambda v: 1.0 if v < 0.25 else 0.0) == (32,) * 256
    assert tail(lambda v: 0.0) == (0,) * 256


def test_the_link_carries_toward_and_away_entry_by_entry():
    content = table_bytes(thresholds(0.4, 2.5))
    assert len(content) == 512
    assert (content[0], content[1], content[100], content[101], content[511]) == (128, 128, 46, 128, 0)
