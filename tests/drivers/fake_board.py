"""The board in Python (`sw.wire.board`) by the names under which tests change it.

    python -m tests.drivers.fake_board --geometry GEOMETRY

plays it on standard input and output.
"""

import os

from sw.contract.frames import Reason
from sw.wire import board
from sw.wire.board import SMALL, ModelBoard, check
from sw.wire.chip import Chip as SmallChip

__all__ = ["SMALL", "FakeBoard", "Reason", "SmallChip", "check", "main", "os"]


class FakeBoard(ModelBoard):
    """A board for tests to change."""


def main():
    board.main(lambda *given, **options: FakeBoard(*given, **options))


if __name__ == "__main__":
    main()
