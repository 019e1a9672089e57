"""What is kept of each task while a stream of them is learned: the same stream, tested in between."""

from dataclasses import dataclass

import numpy as np

from sw.experiments.two_tasks import TwoTasks
from sw.host import streaming
from sw.host.checkpoint import Checkpoint
from sw.host.learning_device import LearningDevice, Predictions
from sw.terminal.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Retention:
    """`accuracy[i][t]` of task t, 0…1, after `samples[i]` of the stream; `predictions`, before each was learned."""

    samples: list[int]
    accuracy: list[list[float]]
    predictions: Predictions

    @property
    def at_the_end(self) -> list[float]:
        """Of each task."""
        return self.accuracy[-1]


def follow(device: LearningDevice, start: Checkpoint, stream: TwoTasks, what: str) -> Retention:
    """Put `start` on the device, train it on the stream, and test every task at the points of `stream.scored_at`."""
    start.put_on(device)
    points = stream.scored_at()
    predictions: list[Predictions] = []
    accuracy = [_tested(device, stream)]
    with Progress(what, len(stream.labels)) as progress:
        for first, end in zip(points, points[1:], strict=False):
            for batch in streaming.train(device, stream.pixels[first:end], stream.labels[first:end]):
                predictions.append(batch)
                progress.score(batch, stream.labels)
            accuracy.append(_tested(device, stream))
    return Retention(samples=points, accuracy=accuracy, predictions=np.concatenate(predictions))


def _tested(device: LearningDevice, stream: TwoTasks) -> list[float]:
    return [float((device.infer(task.pixels) == task.labels).mean()) for task in stream.tasks]
