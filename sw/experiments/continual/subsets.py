"""Fashion-MNIST as a stream of 60 subsets, each seen for its epochs and never again (the paper's stream learning).

`joint` learns all of it at once: what a network can learn that may look back. Nothing is told of tasks, as published.
"""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import fashion_subsets

experiment = comparison(
    "compare-fashion-stream",
    "Fashion-MNIST in subsets that come one after the other, against all of it at once.",
    fashion_subsets,
    scaled=Scale(tasks=60, samples=None, test_samples=1000, epochs=1, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=60, samples=None, test_samples=None, epochs=20, hidden=(1024, 1024), metaplasticity=2.5),
    methods="plain-task-free,metaplastic-task-free,joint-task-free,chip-plain,chip",
)
