"""Half of the classes, then the other half, from features of another network (the paper's CIFAR-10 figure).

The features are not part of this project. Without `--features` they are made up: the code runs, and says nothing of CIFAR.
"""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import feature_halves

experiment = comparison(
    "compare-features",
    "Five classes, then five others, from features in an .npz; made-up ones by default, which say nothing of CIFAR.",
    feature_halves,
    scaled=Scale(tasks=2, samples=2000, test_samples=None, epochs=3, hidden=(256,), metaplasticity=3.0),
    full=Scale(tasks=2, samples=None, test_samples=None, epochs=10, hidden=(2048,), metaplasticity=1.8),
    methods="plain,metaplastic,metaplastic-task-free,joint",
)
