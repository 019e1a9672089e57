"""Pixel bits and the pixel permutation of a task."""

import numpy as np
import pytest

from sw.data.binarise import binarise, bits_of_file, parse_thresholds, permutation, permute, scale_fault
from sw.data.error import DataError


def test_a_pixel_is_on_only_above_the_threshold():
    images = np.array([[[0, 127], [128, 255]]], np.uint8)
    assert binarise(images).tolist() == [[0, 0, 1, 1]]
    assert binarise(images, 126).tolist() == [[0, 1, 1, 1]]
    assert binarise(images, 255).tolist() == [[0, 0, 0, 0]]
    assert binarise(images, 0).tolist() == [[0, 1, 1, 1]]


def test_bits_are_bytes_of_0_and_1_in_rows_of_pixels():
    images = np.random.default_rng(1).integers(0, 256, size=(6, 4, 5), dtype=np.uint8)
    bits = binarise(images)
    assert bits.dtype == np.uint8
    assert bits.shape == (6, 20)
    assert np.array_equal(bits, binarise(images.reshape(6, 20)))


def test_of_several_thresholds_the_pixels_take_turns_across_the_rows():
    images = np.full((2, 2, 4), 100, np.uint8)
    assert binarise(images, 50, 99, 150).tolist() == [[1, 1, 0, 1, 1, 0, 1, 1]] * 2
    assert binarise(np.full((1, 2), 100, np.uint8), 150, 50, 50).tolist() == [[0, 1]]


@pytest.mark.parametrize("thresholds", [(-1,), (256,), (60, 256), (-1, 60)])
def test_a_threshold_that_is_no_byte_is_refused(thresholds):
    with pytest.raises(DataError, match=r"the threshold is (-1|256), expected 0 to 255"):
        binarise(np.zeros((1, 2, 2), np.uint8), *thresholds)


def test_thresholds_are_read_from_a_list_with_commas():
    assert parse_thresholds("127") == (127,) and parse_thresholds("5, 60,140") == (5, 60, 140)


@pytest.mark.parametrize("text", ["", "grey", "5,,6", "1.5"])
def test_what_is_no_list_of_thresholds_is_refused(text):
    with pytest.raises(DataError, match=f"the threshold is '{text}', expected 0 to 255, or several"):
        parse_thresholds(text)


@pytest.mark.parametrize("images", [np.zeros((1, 2, 2)), np.zeros(4, np.uint8)])
def test_what_is_no_grey_scale_image_is_refused(images):
    with pytest.raises(DataError, match="expected uint8"):
        binarise(images)


def test_network_pixel_i_is_image_pixel_p_of_i():
    bits = np.random.default_rng(2).integers(0, 2, size=(5, 784), dtype=np.uint8)
    p = np.random.default_rng(9).permutation(784)
    permuted = permute(bits, 9)
    assert all(permuted[n, i] == bits[n, p[i]] for n in range(5) for i in range(784))
    assert permutation(784, 9).tolist() == p.tolist()


def test_without_a_seed_the_pixels_stay_where_they_are():
    bits = np.random.default_rng(3).integers(0, 2, size=(5, 784), dtype=np.uint8)
    assert permute(bits, None) is bits


def test_a_negative_seed_is_refused():
    with pytest.raises(DataError, match="the seed of the permutation is -1"):
        permutation(784, -1)


@pytest.mark.parametrize(
    ("images", "thresholds", "said"),
    [
        ([0, 1], (127,), "has no pixel that is on: brightest pixel is 1, threshold 127; give a lower threshold"),
        ([3, 255], (2, 1), "has no pixel that is off: darkest pixel is 3, threshold 2, 1; give a higher threshold"),
        ([3, 255], (3,), None),
        ([], (3,), None),
    ],
)
def test_pixels_on_another_scale_are_told(images, thresholds, said):
    """Neither a black image nor a white one has anything to learn from."""
    given = np.array(images, np.uint8).reshape(1, -1)
    assert scale_fault(given, binarise(given, *thresholds), thresholds) == said
    if said is not None:
        with pytest.raises(DataError, match=f"images {said}"):
            bits_of_file(given, thresholds, "images")
