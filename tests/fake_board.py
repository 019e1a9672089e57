"""The board in Python (`sw.wire.board`) by the names under which tests change it.

    python -m tests.fake_board --geometry GEOMETRY

plays it on standard input and output.
"""

import os

from sw.wire import board
from sw.wire.board import SMALL, ModelBoard
from sw.wire.chip import Chip as SmallChip

__all__ = ["SMALL", "FakeBoard", "SmallChip", "main", "os"]


class FakeBoard(ModelBoard):
    """A board for tests to change."""


def main():
    board.main(lambda *given, **options: FakeBoard(*given, **options))


if __name__ == "__main__":
    main()
