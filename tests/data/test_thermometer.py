"""Real features as bits: thresholds learned or given, and what becomes of numbers that are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sw.contract.error import ContractError
from sw.data.binarise import binarise
from sw.data.error import DataError
from sw.data.thermometer import ThermometerEncoder, one_bit

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SAMPLES = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=NUMBERS)


def test_a_bit_is_on_above_its_threshold():
    encoder = ThermometerEncoder(thresholds=[[0, 10, 20], [-1, 0, 1]])
    assert encoder.encode([[10, 0.5], [10.5, -1]]).tolist() == [[1, 0, 0, 1, 1, 0], [1, 1, 0, 0, 0, 0]]
    assert (encoder.features, encoder.inputs) == (2, 6)


def test_the_opposites_stand_behind_the_bits_of_their_feature():
    encoder = ThermometerEncoder(thresholds=[[0, 10], [5, 6]], complement=True)
    assert encoder.encode([[3, 9]]).tolist() == [[1, 0, 0, 1, 1, 1, 0, 0]]
    assert encoder.inputs == 8


def test_quantiles_cut_the_samples_into_equal_counts():
    samples = np.random.default_rng(1).permutation(100).astype(float)[:, None] ** 3
    counts = ThermometerEncoder.fit(samples, 3).encode(samples).sum(axis=0)
    assert counts.tolist() == [75, 50, 25]


def test_uniform_thresholds_cut_the_range_into_equal_widths():
    encoder = ThermometerEncoder.fit([[0, 5], [8, 5], [1, 5]], 3, strategy="uniform")
    assert encoder.thresholds.tolist() == [[2, 4, 6], [5, 5, 5]]


@given(SAMPLES, st.integers(1, 9), st.sampled_from(["quantile", "uniform"]), st.booleans())
def test_larger_values_never_have_fewer_bits_on(samples, levels, strategy, complement):
    encoder = ThermometerEncoder.fit(samples, levels, strategy=strategy, complement=complement)
    bits = encoder.encode(samples)
    assert bits.shape == (len(samples), encoder.inputs) and bits.dtype == np.uint8 and bits.max(initial=0) <= 1
    bits = bits.reshape(len(samples), encoder.features, -1)
    order = np.argsort(samples, axis=0)
    on = np.take_along_axis(bits[:, :, :levels].sum(axis=2, dtype=int), order, axis=0)
    assert (np.diff(on, axis=0) >= 0).all()
    if complement:
        assert (bits[:, :, :levels] + bits[:, :, levels:] == 1).all()


def test_a_halftone_is_that_of_images():
    images = np.random.default_rng(2).integers(0, 256, (5, 4, 7), dtype=np.uint8)
    for thresholds in [(127,), (5, 60, 140)]:
        encoded = one_bit(28, thresholds).encode(images.reshape(5, 28))
        assert np.array_equal(encoded, binarise(images, *thresholds))


def test_thresholds_do_not_change_any_more():
    given_thresholds = np.zeros((2, 1))
    encoder = ThermometerEncoder(thresholds=given_thresholds)
    given_thresholds[0] = 7
    assert encoder.thresholds.tolist() == [[0], [0]]
    with pytest.raises(ValueError, match="read-only"):
        encoder.thresholds[0] = 1


def test_equal_encoders_are_equal():
    one, same = (ThermometerEncoder(thresholds=[[1, 2]]) for _ in range(2))
    assert one == same and hash(one) == hash(same)
    assert one != ThermometerEncoder(thresholds=[[1], [2]]) and one != ThermometerEncoder(thresholds=[[1, 2]], complement=True)
    assert one != "thresholds"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ThermometerEncoder(thresholds=[1, 2]), r"shape \(2,\), expected \(features, levels\)"),
        (lambda: ThermometerEncoder(thresholds=np.zeros((0, 3))), "each at least 1"),
        (lambda: ThermometerEncoder(thresholds=[["a"]]), "expected numbers"),
        (lambda: ThermometerEncoder(thresholds=[[np.nan]]), "not a finite number"),
        (lambda: ThermometerEncoder(thresholds=[[1, 2], [2, 1]]), "feature 1 descend"),
        (lambda: ThermometerEncoder.fit([[1.0]], strategy="best"), "strategy is 'best', expected quantile or uniform"),
        (lambda: ThermometerEncoder.fit(np.zeros((0, 3))), "no sample"),
        (lambda: ThermometerEncoder.fit([[1, np.inf]]), "feature 1 of sample 0 is inf"),
        (lambda: one_bit(3).encode([[1, 2]]), "2 features, the encoder was made for 3"),
        (lambda: one_bit(3).encode([1, 2, 3]), r"shape \(3,\), expected \(n, features\)"),
        (lambda: one_bit(1).encode([["red"]]), "not all numbers"),
    ],
)
def test_what_cannot_be_encoded_is_said(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_levels_have_a_range():
    with pytest.raises(ContractError, match="levels is 0, expected an integer from 1 to 255"):
        ThermometerEncoder.fit([[1.0]], 0)
