"""A sensor with three axes tells what a machine does: numbers become bits, the board learns them, and goes on from its file.

    .venv/bin/python examples/sensor.py --board compiled

It needs numpy alone. The samples are made up: the spread and the strongest frequency of each axis over a window of time.
"""

import argparse
from pathlib import Path

import numpy as np

from metaplast import ThermometerEncoder, open_board

STATES = ("still", "running", "loose")
SPREAD = np.array([[0.1, 0.1, 0.1], [1.0, 0.8, 0.3], [1.6, 1.7, 1.2]])  # of each state, on each axis
HERTZ = np.array([[2, 2, 2], [25, 25, 50], [19, 31, 44]])
FIRST = 200  # samples from which the thresholds are learned


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="compiled", help="a name of `metaplast boards`")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--save", type=Path, default=Path("sensor.npz"))
    given = parser.parse_args()

    features, states = windows(given.samples, seed=1)
    encoder = ThermometerEncoder.fit(features[:FIRST], 8, complement=True)
    with open_board(given.board) as board:
        board.begin(layers=(encoder.inputs, 60, len(STATES)), margin=15, window=(20,))
        before = board.train(encoder.encode(features), states)
        print(f"{(before[-500:] == states[-500:]).mean():.1%} of the last 500 windows right before each was learned")
        board.save(given.save)

    # Another day, perhaps another board: the file brings the network.
    features, states = windows(500, seed=2)
    with open_board(given.board) as board:
        board.load(given.save)
        right = board.predict(encoder.encode(features)) == states
    for number, state in enumerate(STATES):
        print(f"{state}: {right[states == number].mean():.1%} of {(states == number).sum()} new windows")


def windows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of shape (count, 6) and states, 0 to 2, of shape (count,)."""
    random = np.random.default_rng(seed)
    states = random.integers(0, len(STATES), count)
    spread = SPREAD[states] * random.lognormal(0, 0.4, (count, 3))
    return np.hstack([spread, HERTZ[states] + random.normal(0, 4, (count, 3))]), states


if __name__ == "__main__":
    main()
