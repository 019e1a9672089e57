"""Two tasks in turn, with the metaplastic rule and without it: what is kept of the first one, as numbers and as a picture.

    .venv/bin/python examples/remember.py --board compiled --picture remember.png

The tasks are MNIST, and MNIST with its pixels permuted; nobody says when the task changes. `make run` is the same at length.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from metaplast import open_board
from sw.data.mnist import load_packed

SETTINGS = {"init_range": 22, "saturation": (1.05, 1.1), "margin": 30, "window": (19,), "activation": ("gate",), "gate": (13,)}
RULES = {"with the rule": (2.1, 5.5), "without it": (0.0, 0.0)}
TESTED, PARTS = 1000, 8


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", default="compiled", help="a name of `metaplast boards`")
    parser.add_argument("--samples", type=int, default=4000, help="of each task")
    parser.add_argument("--hidden", type=int, default=250, help="neurons")
    parser.add_argument("--picture", type=Path, default=Path("remember.png"))
    given = parser.parse_args()

    images, labels = (part[: given.samples] for part in load_packed("train"))
    unseen, answers = (part[:TESTED] for part in load_packed("test"))
    permuted = np.random.default_rng(1).permutation(images.shape[1])
    curves = {}
    for rule, metaplasticity in RULES.items():
        with open_board(given.board) as board:
            board.begin(layers=(784, given.hidden, 10), learning_rate=(0.77, 0.52), metaplasticity=metaplasticity, **SETTINGS)
            curve = []
            for task in (images, images[:, permuted]):
                for part in np.array_split(np.arange(given.samples), PARTS):
                    board.train(task[part], labels[part])
                    kept = board.predict(unseen) == answers
                    learned = board.predict(unseen[:, permuted]) == answers
                    curve.append((kept.mean(), learned.mean()))
        curves[rule] = np.array(curve)
        print(f"{rule}: {curve[PARTS - 1][0]:.1%} of the first task, {curve[-1][0]:.1%} of it after the second", end=", ")
        print(f"{curve[-1][1]:.1%} of the second")
    draw(curves, given.samples).savefig(given.picture)


def draw(curves: dict[str, np.ndarray], samples: int) -> Figure:
    """Accuracy of both tasks over the samples, a line each."""
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    seen = np.arange(1, 2 * PARTS + 1) * samples / PARTS
    for (rule, curve), style in zip(curves.items(), ("-", ":"), strict=True):
        axes.plot(seen, curve[:, 0], style, color="tab:blue", label=f"first task, {rule}")
        axes.plot(seen, curve[:, 1], style, color="tab:orange", label=f"second task, {rule}")
    axes.axvline(samples, color="grey", linewidth=0.8)
    axes.set(xlabel="samples", ylabel="accuracy", ylim=(0, 1))
    axes.legend(fontsize="small")
    return figure


if __name__ == "__main__":
    main()
