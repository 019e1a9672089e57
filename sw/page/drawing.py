"""Drawings as they come from a browser, and as they are shown there: a character for each pixel, row by row."""

import numpy as np
from numpy.typing import NDArray

from sw.host.error import InputError
from sw.host.learning_device import Bits


def bits_of(text: object, inputs: int) -> Bits:
    """The pixels, uint8 of shape (1, inputs), of a text of as many 0 and 1. Raises `InputError`, also where none is 1."""
    if not isinstance(text, str) or len(text) != inputs or set(text) - {"0", "1"}:
        raise InputError(f"a drawing is a text of {inputs} characters, 0 or 1: load the page again")
    if "1" not in text:
        raise InputError("the drawing is empty: draw something first")
    return np.array([[int(pixel) for pixel in text]], np.uint8)


def text_of(pixels: NDArray[np.uint8]) -> str:
    """The inverse, of pixels of shape (inputs,)."""
    return "".join(map(str, pixels.tolist()))
