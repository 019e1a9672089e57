"""The order of samples: what `--samples`, `--skip` and `--shuffle` mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.data.error import DataError
from sw.data.stream import sample_order


def test_without_options_the_stream_is_the_file():
    assert sample_order(5).tolist() == [0, 1, 2, 3, 4]


def test_skip_leaves_out_the_first_and_samples_takes_the_next():
    assert sample_order(10, skip=3, samples=4).tolist() == [3, 4, 5, 6]


def test_shuffle_is_the_permutation_of_numpys_default_generator():
    assert sample_order(1000, shuffle=7).tolist() == np.random.default_rng(7).permutation(1000).tolist()
    assert sample_order(1000, shuffle=7).tolist() != sample_order(1000, shuffle=8).tolist()


@given(length=st.integers(0, 200), cut=st.integers(0, 200), shuffle=st.none() | st.integers(0, 2**32))
def test_a_stream_cut_in_two_by_skip_is_the_stream(length, cut, shuffle):
    cut = min(cut, length)
    first = sample_order(length, samples=cut, shuffle=shuffle)
    rest = sample_order(length, skip=cut, shuffle=shuffle)
    assert np.concatenate([first, rest]).tolist() == sample_order(length, shuffle=shuffle).tolist()
    assert sorted([*first, *rest]) == list(range(length))


def test_everything_and_nothing_can_be_asked_for():
    assert len(sample_order(5, samples=5)) == 5
    assert len(sample_order(5, samples=0)) == 0
    assert len(sample_order(5, skip=5)) == 0


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"samples": 6}, "6 samples are asked for, expected at most 5"),
        ({"samples": 4, "skip": 2}, "4 samples are asked for, expected at most 3"),
        ({"skip": 6}, "6 samples are to be skipped, expected at most 5"),
        ({"samples": -1}, "the number of samples is -1"),
        ({"skip": -1}, "the number of samples to skip is -1"),
        ({"shuffle": -1}, "the seed of the sample order is -1"),
    ],
)
def test_more_than_is_left_or_less_than_nothing_is_refused(asked, sentence):
    with pytest.raises(DataError, match=sentence):
        sample_order(5, **asked)
