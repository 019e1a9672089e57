"""Fashion-MNIST, then MNIST (the paper's supplement): the other way round is not the same."""

from sw.experiments.continual.command import comparison
from sw.experiments.continual.mnist_fashion import FULL, METHODS, SCALED
from sw.experiments.continual.streams import fashion_mnist

experiment = comparison(
    "compare-fashion-mnist",
    "Fashion-MNIST, then MNIST on the same ten outputs.",
    fashion_mnist,
    scaled=SCALED,
    full=FULL,
    methods=METHODS,
)
