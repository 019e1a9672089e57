"""The whole accelerator, from byte to byte: scenarios that are configured, trained and read back over the link.

Inside, the observer holds every sample against the twin: scores, means, errors, random word, all weights. From UART pin to UART
pin the same takes four times as long, for nothing but bits on wires: one scenario goes that way every time. `make check` takes
every scenario both ways.
"""

import os
from collections.abc import Iterable
from itertools import pairwise

import cocotb
import pytest

from hw.accelerator import Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.cocotb_host import over_streams, over_wires
from sim.drivers.engine_observer import EngineObserver
from sim.drivers.scenario import SCENARIOS
from sw.contract.state import State
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES, SAMPLES_OVER_WIRES = 80, 200
RATE = BaudRate(clock_hz=50_000_000, baud=12_000_000)
ON_WIRES = 0  # the scenario of the fewest bytes
CHOSEN = (1, 12, 13, 16)  # with ON_WIRES every depth, width of a cell and number of ports


@cocotb.test()
async def accelerator_learns_like_the_twin(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    is_serial, samples = bench_parameters()["is_serial"], bench_parameters()["samples"]
    scenario = SCENARIOS[bench_parameters()["scenario"]]
    geometry, network, weights = scenario.build(SEED)
    pixels, labels = scenario.samples(SEED, network, samples)
    sequence = random.randrange(2**16)
    host = over_wires(dut, random, sequence, RATE.clock_hz / RATE.baud) if is_serial else over_streams(dut, random, sequence)

    begin, signature = random.randrange(2**40), random.getrandbits(32)
    conversation = await host.begin(geometry)
    for part in conversation.put(network, weights, State(network.prng, begin, signature)):
        await host.ask(part)

    twin, again = Twin.of(network), Twin.of(network)
    for each in (twin, again):
        each.load(weights, network.prng, begin, signature)
    engine = dut.accelerator.engine if is_serial else dut.engine
    observer = EngineObserver(engine, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    cuts = [0]
    while cuts[-1] < samples:
        cuts.append(min(cuts[-1] + random.randint(1, 24), samples))
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

    assert await host.ask([conversation.read_state()]) == [(again.prng(), begin + samples, again.signature())]
    observer.finish()
    assert observer.compared == samples
    (counters,) = await host.ask([conversation.counters()])
    assert ({"bad_frames": 0} | again.counters()).items() <= counters.items()
    learned = [values.tobytes() for layer in again.weights() for values in layer]
    assert [row.tobytes() for row in await host.ask(conversation.read_weights())] == learned


def run_scenario(index: int, samples: int, is_serial: bool) -> None:
    geometry, _, _ = SCENARIOS[index].build(SEED)
    if is_serial:
        accelerator = SerialAccelerator(geometry, RATE, cell_instances=True)
    else:
        accelerator = Accelerator(geometry, cell_instances=True)
    parameters = {"scenario": index, "samples": samples, "is_serial": is_serial}
    run_bench(accelerator, module=__name__, parameters=parameters, instances={CELL_MODULE: Cell(geometry)})


def scenarios(indices: Iterable[int]) -> pytest.MarkDecorator:
    """Of the scenarios with these numbers, by their names."""
    return pytest.mark.parametrize("index", [pytest.param(i, id=SCENARIOS[i].ident) for i in indices])


@scenarios(CHOSEN)
def test_accelerator(index):
    run_scenario(index, SAMPLES, is_serial=False)


@pytest.mark.check
@scenarios(i for i in range(len(SCENARIOS)) if i not in CHOSEN)
def test_all_other_scenarios(index):
    run_scenario(index, SAMPLES, is_serial=False)


def test_a_scenario_from_pin_to_pin():
    run_scenario(ON_WIRES, SAMPLES, is_serial=True)


@pytest.mark.check
@scenarios(range(len(SCENARIOS)))
def test_every_scenario_from_pin_to_pin(index):
    run_scenario(index, SAMPLES_OVER_WIRES, is_serial=True)
