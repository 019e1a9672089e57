"""A board learns MNIST for the first time: one bit a pixel, one sample at a time, then 2,000 images that it has not seen.

    .venv/bin/python examples/first_light.py --board ulx3s

docs/first-light.md goes before it.
"""

import argparse
import time

from sw.contract.board_table import BOARDS, board_name
from sw.data.mnist import load_packed
from sw.host import open_board
from sw.terminal.progress import Progress

BATCH, TESTED = 500, 2000
LAYERS = (784, 500, 10)  # of a board without a size of its own


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="ulx3s", help="a name of `metaplast boards`; twin and sim need no hardware")
    parser.add_argument("--port", help="where it is, if there are several")
    parser.add_argument("--samples", type=int, default=10_000)
    given = parser.parse_args()

    known = BOARDS.get(board_name(given.board))
    images, labels = load_packed("train")
    with open_board(given.board, port=given.port) as board:
        board.begin(layers=known.layers if known else LAYERS)
        begun = time.monotonic()
        with Progress(f"{given.board} learns", given.samples) as progress:
            for first in range(0, given.samples, BATCH):
                batch = slice(first, min(first + BATCH, given.samples))
                right = board.train(images[batch], labels[batch]) == labels[batch]
                progress.advance(len(right), int(right.sum()))
        seconds = time.monotonic() - begun
        print(f"{given.samples} digits in {seconds:.1f} s, {progress.accuracy:.1%} right before each was learned")

        images, labels = load_packed("test")
        right = board.predict(images[:TESTED]) == labels[:TESTED]
        print(f"{right.mean():.1%} of {TESTED} digits that it has not seen")


if __name__ == "__main__":
    main()
