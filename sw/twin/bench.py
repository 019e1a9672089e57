"""How many training samples a second the twin does: 784-500-10 from its initial weights on MNIST, on one CPU core.

    python -m sw.twin.bench

Samples are counted over all replicas, which differ in their seeds and in the order of their samples.
"""

import time

import numpy as np
import torch

from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.data.mnist import load_packed
from sw.twin.engine import Twin

REPLICAS = (1, 4, 16)
PASS, START = 60000, 2000


def samples_per_second(replicas: int, samples: int, device: str = "cpu", threads: int = 1) -> float:
    """Training samples a second, all replicas together, over the first `samples` of each replica's order.

    Of a whole pass a third of the samples is learned, at its beginning more: fewer samples give a lower figure.
    """
    pixels, labels = load_packed("train")
    orders = [np.random.default_rng(seed).permutation(len(labels))[:samples] for seed in range(1, replicas + 1)]
    twin = Twin([Network.of(init_seed=seed, prng=seed) for seed in range(1, replicas + 1)], device)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        started = time.perf_counter()
        twin.train(pixels[np.stack(orders)], labels[np.stack(orders)])
        return replicas * samples / (time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)


def forward_bound(samples: int = 512, repeats: int = 20) -> float:
    """Samples a second of the bound: the matrix product of layer 1 alone, on one thread.

    A sample cannot cost less than one forward pass. What lies between is the fixed cost, a few microseconds each, of
    some hundred short operations for every sample that is learned; replicas share it.
    """
    (neurons, inputs), *_ = (w.shape for w in initial_weights(Network.of()))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pixels, weights = torch.ones(samples, inputs), torch.ones(inputs, neurons)
        started = time.perf_counter()
        for _ in range(repeats):
            torch.mm(pixels, weights)
        return samples * repeats / (time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)


def main() -> None:
    """Print a whole pass of one replica, how replicas scale over the start of a pass, and the bound."""
    print(f"1 replica, a whole pass: {samples_per_second(1, PASS):.0f} training samples/s")
    for replicas in REPLICAS:
        print(f"{replicas} replicas, their first {START}: {samples_per_second(replicas, START):.0f} training samples/s")
    print(f"bound, the products of layer 1 alone: {forward_bound():.0f} samples/s")


if __name__ == "__main__":
    main()
