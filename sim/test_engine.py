"""The engine, by its streams: every scenario against the twin after every sample, samples back to back."""

import os
from dataclasses import replace

import cocotb
import numpy as np
import pytest

from hw.engine import Engine
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.engine_driver import EngineDriver
from sim.drivers.engine_observer import EngineObserver
from sim.drivers.group_observer import GroupObserver
from sim.drivers.scenario import SCENARIOS, Scenario
from sim.drivers.stream_driver import cycles
from sw.contract.cost import array_latency, forward_cost
from sw.contract.tokens import WRITE_LATENCY
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES = 80
CHOSEN = (5, 18)
MORE = (3, 8, 13, 19, 20, 21)  # the whole accelerator is tried on all of them
GROUPS = ((0, 4), (19, 4))  # scenario, samples of a group
MORE_GROUPS = ((1, 2), (3, 8), (5, 4), (8, 8), (9, 2), (11, 4), (16, 8), (18, 8), (20, 2))


def chosen_scenario() -> Scenario:
    """That of the bench's parameters."""
    given = bench_parameters()
    return replace(SCENARIOS[given["scenario"]], group=given["group"])


@cocotb.test()
async def engine_learns_like_the_twin(dut):
    random = await start(dut)
    scenario = chosen_scenario()
    geometry, network, weights = scenario.build(SEED)
    pixels, labels = scenario.samples(SEED, network, SAMPLES)
    twin = Twin.of(network)
    twin.load(weights, network.prng, 0)
    driver = EngineDriver(dut, geometry, random)
    await driver.configure(network, weights)

    observer = (EngineObserver if geometry.group == 1 else GroupObserver)(dut, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    driver.send(pixels, labels)
    predictions = await driver.prediction.take(SAMPLES, cycles=1_000_000)
    await driver.idle()
    await cycles(dut, array_latency(geometry) + WRITE_LATENCY)  # the last tokens are still on their way
    observer.finish()
    pace = {waits for waits, _ in observer.coverage.hits["stall"]}
    assert pace == {"waits", "goes at once"}

    again = Twin.of(network)
    again.load(weights, network.prng, 0)
    assert predictions == again.train(pixels, labels)[0].tolist()
    assert observer.compared == SAMPLES
    assert await driver.state() == (twin.prng(), SAMPLES, again.signature())
    assert twin.signature() == again.signature() != 0
    assert (await driver.counters()).items() >= twin.counters().items()
    for first, layer in zip(network.first_rows, twin.weights(), strict=True):
        for row, values in enumerate(layer):
            np.testing.assert_array_equal(await driver.read_row(first + row, len(values)), values)


def group_sizes(dut, group: int) -> list[int]:
    """Samples of every group that is taken from now on."""
    sizes: list[int] = []
    staged = dut.sequencer.staged__payload

    async def watch() -> None:
        while True:
            await dut.clk.rising_edge
            if dut.sequencer.staged__valid.value == 1 and dut.sequencer.staged__ready.value == 1:
                sizes.append(
                    1 if group == 1 else int(staged.value) & (1 << group.bit_length()) - 1
                )  # the count, below the half

    cocotb.start_soon(watch())
    return sizes


@cocotb.test()
async def inference_changes_nothing_and_costs_what_the_formula_says(dut):
    random = await start(dut)
    scenario = chosen_scenario()
    geometry, network, weights = scenario.build(SEED)
    pixels, _ = scenario.samples(SEED, network, 12)
    twin = Twin.of(network)
    twin.load(weights, network.prng, 0)
    driver = EngineDriver(dut, geometry, random)
    await driver.configure(network, weights, samples=77, signature=0xDEADBEEF)
    driver.prediction.stalls.fixed = 0.0
    sizes = group_sizes(dut, geometry.group)
    driver.send(pixels, np.zeros(len(pixels), int), train=False)
    assert await driver.prediction.take(len(pixels)) == twin.infer(pixels)[0].tolist()
    await driver.idle()
    assert await driver.state() == (network.prng, 77, 0xDEADBEEF)
    assert sum(sizes) == len(pixels)
    assert (max(sizes) > 1) == (geometry.group > 1 and network.depth > 1)
    counters, costs = await driver.counters(), [vars(forward_cost(network, geometry, size)) for size in sizes]
    assert {name: counters[name] for name in costs[0]} == {name: sum(cost[name] for cost in costs) for name in costs[0]}
    for first, layer in zip(network.first_rows, weights, strict=True):
        for row, values in enumerate(layer):
            np.testing.assert_array_equal(await driver.read_row(first + row, len(values)), values)


@pytest.mark.parametrize("index", CHOSEN, ids=[SCENARIOS[i].ident for i in CHOSEN])
def test_engine(index):
    geometry, _, _ = SCENARIOS[index].build(SEED)
    run_bench(Engine(geometry), module=__name__, parameters={"scenario": index, "group": 1})


@pytest.mark.check
@pytest.mark.parametrize("index", MORE, ids=[SCENARIOS[i].ident for i in MORE])
def test_more_engines(index):
    test_engine(index)


def idents(groups: tuple[tuple[int, int], ...]) -> list[str]:
    """What tests of these scenarios and groups are called."""
    return [f"{SCENARIOS[index].ident}-{group}" for index, group in groups]


@pytest.mark.parametrize(("index", "group"), GROUPS, ids=idents(GROUPS))
def test_groups(index, group):
    geometry, _, _ = replace(SCENARIOS[index], group=group).build(SEED)
    run_bench(Engine(geometry), module=__name__, parameters={"scenario": index, "group": group})


@pytest.mark.check
@pytest.mark.parametrize(("index", "group"), MORE_GROUPS, ids=idents(MORE_GROUPS))
def test_more_groups(index, group):
    test_groups(index, group)
