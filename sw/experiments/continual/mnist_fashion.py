"""MNIST, then Fashion-MNIST on the same outputs (as in the paper); `--tasks 3` goes back to MNIST."""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import mnist_fashion

SCALED = Scale(tasks=2, samples=10_000, test_samples=2000, epochs=3, hidden=(500,), metaplasticity=3.0)
FULL = Scale(tasks=2, samples=None, test_samples=None, epochs=50, hidden=(4096, 4096), metaplasticity=1.5)
METHODS = "plain,metaplastic,metaplastic-task-free,joint,plain-batch-1,metaplastic-batch-1,chip-plain,chip"

experiment = comparison(
    "compare-mnist-fashion",
    "MNIST, then Fashion-MNIST on the same ten outputs; with --tasks 3 MNIST again.",
    mnist_fashion,
    scaled=SCALED,
    full=FULL,
    methods=METHODS,
)
