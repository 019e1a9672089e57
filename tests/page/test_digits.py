"""What a page learns and what it looks at are two parts of MNIST's test set."""

import numpy as np

from sw.data import mnist
from sw.page import digits


def test_they_are_parts_of_the_test_set_that_do_not_overlap():
    images, labels = mnist.load_packed("test")
    learned, looked_at = digits.to_learn(), digits.to_look_at()
    assert np.array_equal(np.concatenate([learned[0], looked_at[0]]), images)
    assert np.array_equal(np.concatenate([learned[1], looked_at[1]]), labels)
    assert len(looked_at[0]) == digits.LOOKED_AT and np.array_equal(digits.to_look_at(7)[0], looked_at[0][:7])
