"""What a machine has learned besides its weights (clause 13), and the signature of how it came there (clause 18)."""

from collections.abc import Iterable
from typing import NamedTuple

POLYNOMIAL = 0xEDB88320  # of CRC-32, reflected: primitive, so that the register runs through all of its values


class State(NamedTuple):
    """Random word (1…2³²-1), count (64 bits) and signature (32 bits) of the training samples."""

    prng: int
    samples: int
    signature: int = 0


def sign(signature: int, words: Iterable[int], predictions: Iterable[int]) -> int:
    """The signature after more training samples: of each, the random word before it was learned, and its prediction.

    A multiple-input signature register: a step of a shift register with feedback, and what has come is added. Two runs that
    differ in a prediction or in a draw end with different signatures but for one in 2³²; what the last sample drew shows in the
    random word.
    """
    for word, prediction in zip(words, predictions, strict=True):
        signature = (signature >> 1) ^ (POLYNOMIAL if signature & 1 else 0) ^ word ^ prediction
    return signature
