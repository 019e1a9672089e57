"""The stream: tasks that come and go, learned by two networks that are equal but for the metaplastic rule."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.data.binarise import permute
from sw.data.idx import Bytes
from sw.host.notebook import OpenBoard
from sw.page import digits

TASKS: tuple[tuple[str, int | None], ...] = (("digits", None), ("shuffled digits", 1), ("shuffled anew", 2))
"""The name of each task, and the seed of the permutation of its pixels: MNIST every time, in another order of pixels."""

CLASSES = 10
LOOKS = 12  # of a task
MOST_SAMPLES = 3000  # of a task: there are 9,500


def contest_network(geometry: Geometry | None) -> Network:
    """The network of `examples/two-tasks.toml`, as large as a board has room for, or of 500 hidden neurons (None)."""
    hidden = 500 if geometry is None else max(1, min(500, geometry.rows - CLASSES))
    return Network.of(
        layers=(28 * 28, hidden, CLASSES),
        init_range=22,
        learning_rate=(0.77, 0.52),
        metaplasticity=(2.1, 5.5),
        saturation=(1.05, 1.1),
        margin=int(42 * (hidden / 500) ** 0.5),
        window=(19,),
        activation=("gate",),
        gate=(13,),
    )


def without_rule(network: Network) -> Network:
    """The same network with the rule switched off: m = 0, everything else equal."""
    return replace(network, metaplasticity=(0.0,) * network.depth)


@dataclass
class Side:
    """A network on a board: what it is `called`, what the board `is_on`; of each look the accuracy on each task so far."""

    called: str
    is_on: str
    looks: list[list[float]] = field(default_factory=list)
    learned: int = 0
    seconds: float = 0.0  # of learning alone


class Contest:
    """`network` on one board and the same without the rule on another, `samples` of each task for both, and `tests` images to
    look at each task with.

    `pause` seconds at least from look to look, so that a person can follow. Members: `network`; `sides`; `at`, the samples that
    each network had learned at each look; `task`, the one that is learned.
    """

    def __init__(self, network: Network, sides: tuple[Side, Side], *, samples: int, tests: int, pause: float = 0.0) -> None:
        self.network = network
        self.sides, self.samples, self.tests, self.pause = sides, samples, tests, pause
        self.at: list[int] = []
        self.task = 0

    def run(self, boards: tuple[OpenBoard, OpenBoard], stop: Callable[[], bool], tell: Callable[[], None]) -> None:
        """All tasks, or those up to the moment in which `stop()` comes true; `tell()` after each look."""
        for board, network in zip(boards, (self.network, without_rule(self.network)), strict=True):
            board.begin(network)
        pixels, labels = digits.to_learn()
        step = -(-self.samples // LOOKS)
        for self.task, (_, seed) in enumerate(TASKS):
            for first in range(0, self.samples, step):
                if stop():
                    return
                began = time.monotonic()
                begin, end = (self.task * self.samples + n for n in (first, min(first + step, self.samples)))
                shown = permute(pixels[begin:end], seed)
                for side, board in zip(self.sides, boards, strict=True):
                    started = time.monotonic()
                    board.train(shown, labels[begin:end])
                    side.learned, side.seconds = end, side.seconds + time.monotonic() - started
                self._look(boards)
                self.at.append(end)
                tell()
                time.sleep(max(0.0, self.pause - (time.monotonic() - began)))

    def told(self) -> dict[str, object]:
        """For a page."""
        done = len(self.at)
        return {
            "tasks": [name for name, _ in TASKS],
            "task": self.task,
            "samples": self.samples,
            "tests": self.tests,
            "at": self.at[:done],
            "sides": [
                {
                    "called": side.called,
                    "on": side.is_on,
                    "looks": side.looks[:done],
                    "rate": side.learned / side.seconds if side.seconds else None,
                }
                for side in self.sides
            ],
        }

    def _look(self, boards: tuple[OpenBoard, OpenBoard]) -> None:
        images, truth = digits.to_look_at(self.tests)
        for side, board in zip(self.sides, boards, strict=True):
            side.looks.append([accuracy(board, permute(images, seed), truth) for _, seed in TASKS[: self.task + 1]])


def accuracy(board: OpenBoard, images: Bytes, truth: Bytes) -> float:
    """The share of images, uint8 of shape (n, n_0), that a board knows."""
    return float((board.predict(images) == truth).mean())
