"""What the simulated board plays for `sw.experiments.benchmarks.memory`: each run begins with a new network and library."""

import numpy as np

from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.binarise import permutation
from sw.data.mnist import load_packed
from sw.data.reservoir import Reservoir
from sw.experiments.benchmarks.playing import NOTHING, Played, played
from sw.experiments.seeds import Seeds
from sw.host.board_memory import BoardMemory
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ
from sw.host.device import Device
from sw.host.error import BoardError
from sw.host.learning_device import Bits, Labels
from sw.twin.compiled.device import CompiledDevice

FULL, SMALLEST = Network.of(), Network.of(layers=(12, 6, 3))
SAMPLES, BEGIN = 2000, 500  # of a pass; of its begin, which is played again with rehearsal
TASKS, OF_A_TASK, OF_A_TEST = 10, 200, 100
SMALL_SAMPLES = 3000
SEED = 1


def begun(device: Device, network: Network, pixels: Bits, labels: Labels) -> BoardMemory:
    """The memory of a board that begins anew with a network, and these samples in its library."""
    Checkpoint.initial(network).put_on(device)
    memory = device.memory
    if memory is None:
        raise BoardError(f"{device.link.name} has no sample memory to play from")
    memory.store(pixels, labels)
    return memory


def a_pass(device: Device) -> tuple[Played, Played]:
    """The first `BEGIN` samples of MNIST, and all `SAMPLES`. Raises `BoardError` where the compiled twin ends otherwise."""
    pixels, labels = (part[:SAMPLES] for part in load_packed("train"))
    memory = begun(device, FULL, pixels, labels)
    begin = played(device, lambda: memory.play(0, BEGIN))
    whole = begin + played(device, lambda: memory.play(BEGIN, SAMPLES - BEGIN))
    with CompiledDevice() as twin:
        Checkpoint.initial(FULL).put_on(twin)
        twin.train(pixels, labels)
        difference = devices_differ(device, twin)
    if difference is not None:
        raise BoardError(f"what the simulated board has played ends otherwise than in the compiled twin: {difference}")
    return begin, whole


def with_rehearsal(device: Device) -> Played:
    """The begin of the pass, with one sample that is rehearsed after each new one."""
    pixels, labels = (part[:BEGIN] for part in load_packed("train"))
    memory = begun(device, FULL, pixels, labels)
    memory.rehearse(Reservoir.empty(Rehearsal(size=BEGIN), pixels.shape[1]))
    return played(device, lambda: memory.play(0, BEGIN))


def permuted_tasks(device: Device) -> tuple[Played, Played]:
    """Ten tasks, each tested when it is new: what was trained, and what was tested. All records are permuted."""
    pixels, labels = (part[:OF_A_TASK] for part in load_packed("train"))
    memory = begun(device, FULL, pixels, labels)
    pixels, labels = (part[:OF_A_TEST] for part in load_packed("test"))
    memory.store(pixels, labels, first=OF_A_TASK)
    trained = tested = NOTHING
    inputs = FULL.layers[0]
    orders = [np.arange(inputs) if seed is None else permutation(inputs, seed) for seed in Seeds.of(SEED, TASKS).permutations]
    for order in orders:
        memory.permute(order.tolist())
        trained += played(device, lambda: memory.play(0, OF_A_TASK, permuted=True))
        tested += played(device, lambda: memory.play(OF_A_TASK, OF_A_TEST, train=False, permuted=True))
    return trained, tested


def smallest(device: Device) -> Played:
    """Random samples for the smallest network of all benches."""
    random = np.random.default_rng(SEED)
    pixels = random.integers(0, 2, (SMALL_SAMPLES, SMALLEST.layers[0]), dtype=np.uint8)
    memory = begun(device, SMALLEST, pixels, random.integers(0, SMALLEST.layers[-1], SMALL_SAMPLES))
    return played(device, lambda: memory.play(0, SMALL_SAMPLES))
