"""Packed samples are what their array is, whatever is chosen of them and however they are permuted."""

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.data.packed_bits import PackedBits


@pytest.mark.parametrize("pixels", [1, 7, 8, 9, 64, 65, 784])
def test_choosing_and_permuting_are_those_of_the_array(pixels):
    random = np.random.default_rng(pixels)
    bits = random.integers(0, 2, (20, pixels), dtype=np.uint8)
    packed = PackedBits.of(bits)
    assert packed.shape == bits.shape and len(packed) == 20 and packed.rows.shape == (20, -(-pixels // 8))
    first, second = random.permutation(pixels), random.permutation(pixels)
    chosen = random.integers(0, 20, 9)
    np.testing.assert_array_equal(packed.bits(), bits)
    np.testing.assert_array_equal(packed[3:11].bits(), bits[3:11])
    np.testing.assert_array_equal(packed[chosen].permuted(first).bits(), bits[chosen][:, first])
    np.testing.assert_array_equal(packed.permuted(first)[chosen].permuted(second).bits(), bits[chosen][:, first][:, second])


def test_what_does_not_fit_is_refused():
    rows = np.zeros((2, 2), np.uint8)
    for make, said in (
        (lambda: PackedBits.of(np.full((2, 3), 2, np.uint8)), "bits go up to 2, expected 0 and 1"),
        (lambda: PackedBits.of(np.zeros((2, 3))), "bits are float64 of shape"),  # pyright: ignore[reportArgumentType]
        (lambda: PackedBits(rows=rows, pixels=17), "expected uint8 .n, 3."),
        (lambda: PackedBits(rows=rows + np.uint8(32), pixels=13), "bits beyond the 13 pixels"),
        (lambda: PackedBits(rows=rows, pixels=13).permuted(np.zeros(13, np.int64)), "no permutation of 0 to 12"),
    ):
        with pytest.raises(ContractError, match=said):
            make()
    assert len(PackedBits(rows=rows + np.uint8(16), pixels=13)) == 2
