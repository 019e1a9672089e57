"""Classes that come one after the other: with a few samples to rehearse from, the old ones stay.

    .venv/bin/python examples/new_class.py --board compiled

Digits of scikit-learn: all zeros, then all ones, and so on. Rehearsal is clause 19 of the contract, on every board.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

from metaplast import MetaplasticClassifier, ThermometerEncoder


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="compiled", help="a name of `metaplast boards`")
    parser.add_argument("--hidden", type=int, default=200, help="neurons")
    given = parser.parse_args()

    samples, labels = load_digits(return_X_y=True)
    encoder = ThermometerEncoder.fit(samples, 8)
    digits = np.unique(labels)
    for records in (0, 300):
        classifier = MetaplasticClassifier(
            board=given.board, hidden=(given.hidden,), encoder=encoder, rehearsal=records, random_state=1
        )
        scores = []
        for digit in digits:
            classifier.partial_fit(samples[labels == digit], labels[labels == digit], classes=digits)
            known = labels <= digit
            scores.append(f"{classifier.score(samples[known], labels[known]):.0%}")
        print(f"{records} records: right of all digits up to 0, 1, … 9: {' '.join(scores)}")
        classifier.close()


if __name__ == "__main__":
    main()
