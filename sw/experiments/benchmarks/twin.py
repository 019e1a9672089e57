"""How fast the twin trains 784-500-10: one replica, one thread, real MNIST in one pass."""

import time

from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.host import boards
from sw.host.checkpoint import Checkpoint
from sw.host.commands.speech import say

SAMPLES = 20_000
BATCH = 1000
REQUIRED = 3000.0


def twin() -> Entries:
    """twin_samples_per_second."""
    pixels, labels = load_packed("train")
    with boards.find("twin").open(say) as device:
        Checkpoint.initial(Network.of()).put_on(device)
        device.infer(pixels[:BATCH])  # PyTorch prepares itself on first use
        began = time.monotonic()
        for first in range(0, SAMPLES, BATCH):
            part = slice(first, first + BATCH)
            device.train(pixels[part], labels[part])
        seconds = time.monotonic() - began
    entry = Entry(
        value=round(SAMPLES / seconds, 1),
        unit="training samples/s",
        bound=REQUIRED,
        bound_is="at least, one replica of 784-500-10 on one core",
        command=command_of("twin"),
    )
    return {"twin_samples_per_second": entry}
