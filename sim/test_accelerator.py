"""The whole accelerator, from UART pin to UART pin: every scenario, configured, trained and read back over the wire.

Inside, the observer holds every sample against the twin: scores, means, errors, random word, all weights.
"""

import os
from itertools import pairwise
from random import Random

import cocotb
import pytest
from cocotb.triggers import with_timeout

from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from hw.verilog import to_verilog
from sim.bench import bench_parameters, run_bench, start
from sim.bench_host import BenchHost
from sim.engine_observer import EngineObserver
from sim.scenario import SCENARIOS
from sim.wire import WireSink, WireSource
from sw.contract.state import State
from sw.host.frame_reader import END
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES = 200
RATE = BaudRate(clock_hz=50_000_000, baud=12_000_000)
REPLY_TIMEOUT_US = 20_000


class SerialHost(BenchHost):
    """Asks over the pins."""

    def __init__(self, dut, random: Random) -> None:
        super().__init__(random.randrange(2**16))
        ratio = RATE.clock_hz / RATE.baud
        self.source, self.sink = WireSource(dut, "rx", random, ratio), WireSink(dut, "tx", ratio)

    async def send(self, data: bytes) -> None:
        self.source.send(data)

    async def listen(self) -> bytes:
        return await with_timeout(self.sink.frame(), REPLY_TIMEOUT_US, "us") + END


@cocotb.test()
async def accelerator_learns_like_the_twin(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    scenario = SCENARIOS[bench_parameters()["scenario"]]
    geometry, network, weights = scenario.build(SEED)
    pixels, labels = scenario.samples(SEED, network, SAMPLES)
    host = SerialHost(dut, random)

    begin, signature = random.randrange(2**40), random.getrandbits(32)
    conversation = await host.open(geometry)
    for part in conversation.put(network, weights, State(network.prng, begin, signature)):
        await host.ask(part)

    twin, again = Twin.of(network), Twin.of(network)
    for each in (twin, again):
        each.load(weights, network.prng, begin, signature)
    observer = EngineObserver(dut.accelerator.engine, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    cuts = [0]
    while cuts[-1] < SAMPLES:
        cuts.append(min(cuts[-1] + random.randint(1, 24), SAMPLES))
    batches = [slice(*pair) for pair in pairwise(cuts)]
    predictions, expected = [], []
    asked = conversation.train((pixels[batch], labels[batch]) for batch in batches)
    async for predicted in host.answers(asked):
        assert predicted is not None, "a batch takes more than one frame"
        batch = batches[len(expected)]
        predictions.append(predicted.tolist())
        expected.append(again.train(pixels[batch], labels[batch])[0].tolist())
        assert conversation.progress == (again.signature(), begin + batch.stop)
    assert predictions == expected and len(expected) == len(batches)

    assert await host.ask([conversation.read_state()]) == [(again.prng(), begin + SAMPLES, again.signature())]
    observer.finish()
    assert observer.compared == SAMPLES
    (counters,) = await host.ask([conversation.counters()])
    assert ({"bad_frames": 0} | again.counters()).items() <= counters.items()
    learned = [values.tobytes() for layer in again.weights() for values in layer]
    assert [row.tobytes() for row in await host.ask(conversation.read_weights())] == learned


@pytest.mark.parametrize("index", range(len(SCENARIOS)), ids=[s.name.replace(",", "").replace(" ", "-") for s in SCENARIOS])
def test_accelerator(index):
    geometry, _, _ = SCENARIOS[index].build(SEED)
    accelerator = SerialAccelerator(geometry, RATE, cell_instances=True)
    cell = to_verilog(Cell(geometry), CELL_MODULE)
    run_bench(accelerator, module=__name__, parameters={"scenario": index}, sources=[cell])
