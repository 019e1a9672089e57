"""The streams: permuted MNIST, MNIST and Fashion-MNIST, Fashion-MNIST in subsets, split MNIST in two ways, halves of features.

Each is made by a function of (sources, number of tasks, seed). Nothing of a stream comes from elsewhere than its seed.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require
from sw.experiments.continual.sources import Sources, load_features, made_up_features
from sw.experiments.continual.stream import Labelled, Stream, Task
from sw.experiments.seeds import Seeds

Build = Callable[[Sources, int, int], Stream]


def permuted_mnist(sources: Sources, tasks: int, seed: int) -> Stream:
    """A new permutation for each task; task 0 has none. The tasks and orders of `metaplast experiment permuted-mnist`."""
    train, test = sources.mnist()
    seeds = Seeds.of(seed, tasks)
    made = [
        Task(name=f"permutation {i}", train=train, test=test, permutation=permutation, order=order)
        for i, (permutation, order) in enumerate(zip(seeds.permutations, seeds.orders, strict=True))
    ]
    return Stream(tasks=made, classes=10, scale=sources.scale)


def mnist_fashion(sources: Sources, tasks: int, seed: int) -> Stream:
    """MNIST, then Fashion-MNIST on the same ten outputs; a third task is MNIST again, and so on."""
    return _alternating(sources, tasks, seed, 0)


def fashion_mnist(sources: Sources, tasks: int, seed: int) -> Stream:
    """Fashion-MNIST, then MNIST."""
    return _alternating(sources, tasks, seed, 1)


def _alternating(sources: Sources, tasks: int, seed: int, first: int) -> Stream:
    sets = {"MNIST": sources.mnist(), "Fashion-MNIST": sources.fashion()}
    names = [list(sets)[(first + i) % 2] for i in range(tasks)]
    orders = Seeds.of(seed, tasks).orders
    made = [
        Task(name=name, train=sets[name][0], test=sets[name][1], order=order) for name, order in zip(names, orders, strict=True)
    ]
    return Stream(tasks=made, classes=10, scale=sources.scale)


def fashion_subsets(sources: Sources, tasks: int, seed: int) -> Stream:
    """Fashion-MNIST shuffled and cut into equal subsets, each learned and never seen again. A task's own test is its
    training subset: what of it is remembered; the test set is held out."""
    (inputs, labels), test = sources.fashion()
    seeds = Seeds.of(seed, tasks)
    require(tasks <= len(labels), f"tasks is {tasks}, expected at most {len(labels)}, the samples there are")
    shuffled = np.random.default_rng(seeds.init_seed).permutation(len(labels))
    made = []
    for i, (chosen, order) in enumerate(zip(np.array_split(shuffled, tasks), seeds.orders, strict=True)):
        subset = inputs[chosen], labels[chosen]
        made.append(Task(name=f"subset {i}", train=subset, test=subset, order=order))
    return Stream(tasks=made, classes=10, scale=sources.scale, held_out=test)


def split_mnist(sources: Sources, tasks: int, seed: int) -> Stream:
    """0 or 1, then 2 or 3, …, 8 or 9, always on the same two outputs: even or odd, domain-incremental."""
    train, test = sources.mnist()
    require(1 <= tasks <= 5, f"tasks is {tasks}, expected 1 to 5 pairs of digits")
    orders = Seeds.of(seed, tasks).orders
    made = [
        Task(name=f"{2 * i} or {2 * i + 1}", train=_pair(train, i), test=_pair(test, i), order=order)
        for i, order in enumerate(orders)
    ]
    return Stream(tasks=made, classes=2, scale=sources.scale)


def _pair(samples: Labelled, i: int) -> Labelled:
    inputs, labels = _chosen(samples, samples[1] // 2 == i)
    return inputs, labels % 2


def class_incremental(sources: Sources, tasks: int, seed: int) -> Stream:
    """The ten digits in ascending order, some in each task, on ten outputs; the test that is held out is of all ten."""
    train, test = sources.mnist()
    require(tasks in (1, 2, 5, 10), f"tasks is {tasks}, expected 1, 2, 5 or 10: ten classes in equal steps")
    together = 10 // tasks
    made = [
        Task(
            name=f"classes {i * together} to {(i + 1) * together - 1}",
            train=_chosen(train, train[1] // together == i),
            test=_chosen(test, test[1] // together == i),
            order=order,
        )
        for i, order in enumerate(Seeds.of(seed, tasks).orders)
    ]
    return Stream(tasks=made, classes=10, scale=sources.scale, held_out=test)


def feature_halves(sources: Sources, tasks: int, seed: int) -> Stream:
    """Features of classes 0 to 4, then of 5 to 9, on ten outputs (the paper's animals and vehicles of CIFAR-10); made
    up where no file is given."""
    require(1 <= tasks <= 2, f"tasks is {tasks}, expected 1 or 2 halves of the classes")
    train, test = load_features(sources.features) if sources.features else made_up_features(seed)
    orders = Seeds.of(seed, tasks).orders
    made = [
        Task(
            name=f"classes {5 * i} to {5 * i + 4}",
            train=_chosen(train, train[1] // 5 == i),
            test=_chosen(test, test[1] // 5 == i),
            order=order,
        )
        for i, order in enumerate(orders)
    ]
    return Stream(tasks=made, classes=10)


def _chosen(samples: Labelled, which: NDArray[np.bool_]) -> Labelled:
    inputs, labels = samples
    return inputs[which], labels[which]


# Those that a sweep can be over.
STREAMS: dict[str, Build] = {
    "permuted-mnist": permuted_mnist,
    "fashion-mnist": fashion_mnist,
    "class-incremental": class_incremental,
}


def stream_named(name: str) -> Build:
    """One of `STREAMS`. Raises `ContractError`."""
    require(name in STREAMS, f"--stream is {name}, expected one of {', '.join(STREAMS)}")
    return STREAMS[name]
