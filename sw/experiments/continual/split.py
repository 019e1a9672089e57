"""Split MNIST, domain-incremental: even or odd, of 0 and 1, then of 2 and 3, up to 8 and 9, on the same two outputs."""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import split_mnist

experiment = comparison(
    "compare-split-mnist",
    "Split MNIST, domain-incremental: five pairs of digits on the same two outputs.",
    split_mnist,
    scaled=Scale(tasks=5, samples=5000, test_samples=None, epochs=2, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=5, samples=None, test_samples=None, epochs=10, hidden=(4096, 4096), metaplasticity=1.35),
    methods="plain,metaplastic,metaplastic-task-free,ewc,si,joint,plain-batch-1,metaplastic-batch-1,chip",
)
