"""Images in whole bytes: pixel i is bit i % 8 of byte i // 8, and spare bits are zero."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sw.data.packed import packed, unpacked


@given(st.integers(1, 40), st.integers(0, 5), st.randoms(use_true_random=False))
def test_what_is_packed_is_unpacked(inputs, count, random):
    pixels = np.array([[random.randrange(2) for _ in range(inputs)] for _ in range(count)], np.uint8).reshape(count, inputs)
    images = packed(pixels)
    assert images.shape == (count, -(-inputs // 8))
    for image, row in zip(images, pixels, strict=True):
        bits = [int(byte) >> i & 1 for byte in image for i in range(8)]
        assert bits == [*row, *[0] * (len(bits) - inputs)]
    assert np.array_equal(unpacked(images, inputs), pixels)
