"""The paper's first result: permuted MNIST, all methods beside each other (its figure 2 and table 1)."""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import permuted_mnist

experiment = comparison(
    "compare-permuted-mnist",
    "Permuted MNIST, a permutation a task: the rule, its baselines and the chip.",
    permuted_mnist,
    scaled=Scale(tasks=6, samples=5000, test_samples=2000, epochs=2, hidden=(500,), metaplasticity=3.0),
    full=Scale(tasks=6, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=1.35),
    methods="plain,metaplastic,metaplastic-task-free,ewc,random,si,joint,plain-batch-1,metaplastic-batch-1,chip",
)
