"""How fast the compiled twin learns and infers packed MNIST, 784-500-10 with the settings of `examples/ten-tasks.toml`: on the
quickest path of this processor and on the plain one, which every processor has, in turn. Seconds are those of one core.
"""

import time

import numpy as np

from sw.data.mnist import load_packed
from sw.data.packed_bits import PackedBits
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.host.learning_device import Labels
from sw.terminal.opening import read_configuration
from sw.tree.sources import ROOT
from sw.twin.compiled.device import CompiledDevice

SAMPLES = 60_000
ROUNDS = 3  # of each path, in turn: the quickest counts, for what disturbs a processor only slows it down
SETTINGS = ROOT / "examples" / "ten-tasks.toml"
PLAIN = "plain"


def compiled() -> Entries:
    """Training and inference in samples/s of each path, beside what bounds them."""
    network, _ = read_configuration(SETTINGS)
    pixels, labels = load_packed("train")
    bits, labels = PackedBits.of(pixels[:SAMPLES]), labels[:SAMPLES]
    devices = {"compiled": CompiledDevice(), "compiled_plain": CompiledDevice(path=PLAIN)}
    rates = {name: np.zeros(3) for name in devices}
    for _ in range(ROUNDS):
        for name, device in devices.items():
            device.configure(network)
            rates[name] = np.maximum(rates[name], rates_of(device, bits, labels))
    found: Entries = {}
    for name, device in devices.items():
        found |= entries_of(name, device.path, *rates[name].tolist())
    return found


def rates_of(device: CompiledDevice, bits: PackedBits, labels: Labels) -> list[float]:
    """Samples/s of training, of inference, and of the sums of layer 1 alone."""
    rates = []
    for work in (device.train, bits, labels), (device.infer, bits), (device.sum_first_layer, bits):
        function, *given = work
        began = time.process_time()
        function(*given)
        rates.append(len(bits) / (time.process_time() - began))
    return rates


def entries_of(name: str, path: str, train: float, infer: float, sums: float) -> Entries:
    """The entries of one path."""
    about, command = f"784-500-10, path {path}, one core", command_of("compiled")
    return {
        f"{name}_training_samples_per_second": Entry(
            value=round(train),
            unit=f"training samples/s, {about}",
            bound=round(infer),
            bound_is="at most: inference alone",
            command=command,
        ),
        f"{name}_inference_samples_per_second": Entry(
            value=round(infer),
            unit=f"samples/s, {about}",
            bound=round(sums),
            bound_is="at most: the sums of layer 1 alone",
            command=command,
        ),
    }
