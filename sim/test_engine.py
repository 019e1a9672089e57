"""The engine, by its streams: every scenario against the twin after every sample, samples back to back."""

import os

import cocotb
import numpy as np
import pytest

from hw.array.array import latency
from hw.engine import Engine
from sim.bench import bench_parameters, run_bench, start
from sim.engine_driver import EngineDriver
from sim.engine_observer import EngineObserver
from sim.scenario import SCENARIOS
from sim.stream_driver import cycles
from sw.contract.tokens import WRITE_LATENCY
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES = 200


@cocotb.test()
async def engine_learns_like_the_twin(dut):
    random = await start(dut)
    scenario = SCENARIOS[bench_parameters()["scenario"]]
    geometry, network, weights = scenario.build(SEED)
    pixels, labels = scenario.samples(SEED, network, SAMPLES)
    twin = Twin.of(network)
    twin.load(weights, network.prng, 0)
    driver = EngineDriver(dut, geometry, random)
    await driver.configure(network, weights)

    observer = EngineObserver(dut, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    driver.send(pixels, labels)
    predictions = await driver.prediction.take(SAMPLES, cycles=1_000_000)
    await driver.idle()
    await cycles(dut, latency(geometry) + WRITE_LATENCY)  # the last tokens are still on their way
    observer.finish()

    again = Twin.of(network)
    again.load(weights, network.prng, 0)
    assert predictions == again.train(pixels, labels)[0].tolist()
    assert observer.compared == SAMPLES
    state = int(dut.link__state.value)
    assert (state & 0xFFFF_FFFF, state >> 32) == (twin.prng(), SAMPLES)
    assert driver.counters().items() >= twin.counters().items()
    for first, layer in zip(network.first_rows, twin.weights(), strict=True):
        for row, values in enumerate(layer):
            np.testing.assert_array_equal(await driver.read_row(first + row, len(values)), values)


@pytest.mark.parametrize("index", range(len(SCENARIOS)), ids=[s.name.replace(", ", "-").replace(" ", "-") for s in SCENARIOS])
def test_engine(index):
    geometry, _, _ = SCENARIOS[index].build(SEED)
    run_bench(Engine(geometry), module=__name__, parameters={"scenario": index})
