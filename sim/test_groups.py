"""Groups on the whole engine: what a sample changes for those after it, whatever they learn and whenever they come.

That every bit is the twin's is not enough here: what is tried has to be what could go wrong. So beside it, the twin says of
every group what it would have done with the sums that its first sample met, and each pattern asks for the cases that it is for.
"""

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
import pytest

from hw.engine import Engine
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.engine_driver import EngineDriver
from sim.drivers.group_observer import GroupObserver
from sim.drivers.stream_driver import Stalls, cycles
from sw.contract.cost import array_latency
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.tokens import WRITE_LATENCY
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES = 64


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What the samples of a group learn: `fields` of the network, how many different `images`, and what has to be `met`."""

    fields: dict[str, Any] = field(default_factory=dict)
    images: int = 64
    met: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


ALL = {"margin": 32767, "window": [20]}
PATTERNS = {
    "some learn": Pattern(met=("learned", "skipped", "row again", "prediction turns", "tie turns", "learning turns")),
    "all learn": Pattern(fields=ALL, met=("learned", "row again", "prediction turns"), never=("skipped",)),
    "none learns": Pattern(fields={"margin": -32768}, met=("skipped",), never=("learned",)),
    "the same rows": Pattern(images=2, fields=ALL, met=("learned", "row again", "row thrice")),
    "some relaxation": Pattern(fields={"relax_rate": [30000, 9000]}, met=("learned", "skipped", "row again", "learning turns")),
    "gate": Pattern(fields={"activation": ["gate"], "gate": [1]}, met=("learned", "skipped", "row again", "learning turns")),
}


def geometry_of_group(group: int, folds: int = 2) -> Geometry:
    """A small one; rows for `network_of`."""
    return Geometry(
        columns=8 * folds, rows=16, grid_height=1, grid_width=2, synapses_per_cell=4, folds=folds, slices=2, group=group
    )


def large_cell(group: int) -> Geometry:
    """One of a board with groups: sixteen synapses, whose activations take all of a token's operand."""
    return Geometry(columns=16, rows=16, grid_height=1, grid_width=1, synapses_per_cell=16, folds=1, slices=2, group=group)


SHAPES = {"small cells": geometry_of_group, "large cell": large_cell}


def network_of(pattern: str) -> Network:
    """Eleven pixels, nine hidden neurons: few enough for every step to turn something."""
    fields = {"margin": 2, "window": [5], "init_range": 6, "learning_rate": [1.0, 1.0], "metaplasticity": [0.0, 0.0]}
    return Network.of(layers=(11, 9, 3), **(fields | PATTERNS[pattern].fields))


def samples_of(network: Network, images: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples, of so many different ones."""
    random = np.random.default_rng([SEED, images])
    pixels = random.integers(0, 2, (images, network.layers[0]), dtype=np.uint8)
    labels = random.integers(0, network.layers[-1], images)
    chosen = random.integers(0, images, count)
    return pixels[chosen], labels[chosen]


def cases_met(network: Network, weights: list[np.ndarray], samples: tuple[np.ndarray, np.ndarray], sizes: list[int]) -> Counter:
    """What happens in groups of these sizes, beside what would happen were a changed row not read again."""
    twin, stale, met = Twin.of(network), Twin.of(network), Counter()
    twin.load(weights, network.prng, 0)
    pairs = iter(zip(*samples, strict=True))
    for size in sizes:
        first, changed = twin.weights()[0], Counter()
        for place in range(size):
            pixels, label = next(pairs)
            before = twin.weights()
            stale.load([first, *before[1:]], twin.prng(), 0)
            right, wrong = twin.step(pixels, label), stale.step(pixels, label)
            scores, stale_scores = (trace.pre_activations[-1][0] for trace in (right, wrong))
            ties, stale_ties = ((each == each.max()).sum() > 1 for each in (scores, stale_scores))
            met["learned" if right.learned[0] else "skipped"] += 1
            met["prediction turns"] += scores.argmax() != stale_scores.argmax()
            met["tie turns"] += bool(ties) != bool(stale_ties)
            met["learning turns"] += bool(right.learned[0]) != bool(wrong.learned[0])
            rows = np.flatnonzero((twin.weights()[0] != before[0]).any(axis=1)) if place < size - 1 else ()
            changed.update(rows)
        met["row again"] += sum(times > 1 for times in changed.values())
        met["row thrice"] += sum(times > 2 for times in changed.values())
    return met


async def begun(dut: Any, geometry: Geometry, network: Network, random: Any) -> tuple[EngineDriver, list[np.ndarray], Twin]:
    """An engine with a network and its weights, and the twin of it."""
    twin = Twin.of(network)
    weights = twin.weights()
    driver = EngineDriver(dut, geometry, random)
    await driver.configure(network, weights)
    return driver, weights, twin


def watched_sizes(dut: Any) -> list[int]:
    """Samples of every group that begins from now on."""
    sizes: list[int] = []

    async def watch() -> None:
        staged = dut.sequencer.staged__payload
        count_bits = len(staged) - 1  # below the half
        while True:
            await dut.clk.rising_edge
            if dut.sequencer.staged__valid.value == 1 and dut.sequencer.staged__ready.value == 1:
                sizes.append(int(staged.value) & (1 << count_bits) - 1)

    cocotb.start_soon(watch())
    return sizes


async def compare_rows(driver: EngineDriver, network: Network, twin: Twin) -> None:
    """Every weight, read as the host reads it."""
    for first, layer in zip(network.first_rows, twin.weights(), strict=True):
        for row, values in enumerate(layer):
            np.testing.assert_array_equal(await driver.read_row(first + row, len(values)), values)


@cocotb.test()
async def groups_of_a_pattern_learn_like_the_twin(dut):
    random = await start(dut)
    given = bench_parameters()
    pattern, network = PATTERNS[given["pattern"]], network_of(given["pattern"])
    geometry = SHAPES[given["shape"]](given["group"])
    driver, weights, twin = await begun(dut, geometry, network, random)
    pixels, labels = samples = samples_of(network, pattern.images, SAMPLES)
    observer = GroupObserver(dut, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    sizes = watched_sizes(dut)
    driver.send(pixels, labels)
    predictions = await driver.prediction.take(SAMPLES, cycles=100_000)
    await driver.idle()
    await cycles(dut, array_latency(geometry) + WRITE_LATENCY)
    observer.finish()
    again = Twin.of(network)
    assert predictions == again.train(pixels, labels)[0].tolist()
    assert await driver.state() == (again.prng(), SAMPLES, again.signature())
    await compare_rows(driver, network, again)
    met = cases_met(network, weights, samples, sizes)
    dut._log.info("groups of %s: %s", Counter(sizes), dict(met))
    assert sum(sizes) == observer.compared == SAMPLES and geometry.group in sizes
    assert [case for case in pattern.met if not met[case]] == [] == [case for case in pattern.never if met[case]]


@cocotb.test()
async def lone_samples_are_timed(dut):
    """Samples that come one at a time: cycles from the last byte to the prediction, and to the end of learning."""
    random = await start(dut)
    given = bench_parameters()
    geometry, network = lone_geometry(given["group"]), LONE
    driver, _, twin = await begun(dut, geometry, network, random)
    for stream in (*driver.sources.values(), driver.prediction):
        stream.stalls = Stalls(random, 0.0)
    pixels, labels = samples_of(network, 64, LONE_SAMPLES)
    predicted, learned = [], []
    for i in range(LONE_SAMPLES):
        driver.send(pixels[i : i + 1], labels[i : i + 1])
        await driver.sources["pixels"].drained()
        waited = 0
        while dut.link__prediction__valid.value == 0:
            await dut.clk.rising_edge
            waited += 1
        predicted.append(waited)
        while dut.link__busy.value == 1:
            await dut.clk.rising_edge
            waited += 1
        learned.append(waited)
    assert await driver.prediction.take(LONE_SAMPLES) == twin.train(pixels, labels)[0].tolist()
    assert 0 < twin.counters()["learned"] < LONE_SAMPLES
    Path(given["result"]).write_text(json.dumps([predicted, learned]), encoding="utf-8")


LONE = Network.of(layers=(30, 28, 5), margin=4, window=[9], init_range=30)
LONE_SAMPLES = 10


def lone_geometry(group: int) -> Geometry:
    """Few cells and many folds, so that a sample takes as long as a larger one without being slow to simulate."""
    return replace(geometry_of_group(group, folds=4), rows=40)


CHOSEN = tuple((pattern, 4) for pattern in PATTERNS)


def named(chosen: tuple[tuple[str, int], ...]) -> list[str]:
    """What tests of these patterns and groups are called."""
    return [f"{pattern.replace(' ', '-')}-{group}" for pattern, group in chosen]


def run_pattern(engine: Any, pattern: str, group: int, shape: str = "small cells") -> None:
    parameters = {"pattern": pattern, "group": group, "shape": shape}
    run_bench(engine, module=__name__, parameters=parameters, coroutines="groups_of_a_pattern")


@pytest.mark.parametrize(("pattern", "group"), CHOSEN, ids=named(CHOSEN))
def test_groups_of_a_pattern(pattern, group):
    run_pattern(Engine(geometry_of_group(group)), pattern, group)


def test_groups_in_a_large_cell():
    """With relaxation, where the activations that were loaded last would make a FORWARD one of a row that is read again."""
    run_pattern(Engine(large_cell(4)), "some relaxation", 4, "large cell")


def test_a_lone_sample_takes_as_long_as_without_groups(tmp_path):
    """Within a tenth: its prediction, and all of its learning."""
    told = {}
    for group in (1, 4):
        result = tmp_path / f"{group}.json"
        parameters = {"group": group, "result": str(result)}
        run_bench(Engine(lone_geometry(group)), module=__name__, parameters=parameters, coroutines="lone_samples")
        told[group] = json.loads(result.read_text(encoding="utf-8"))
    for alone, in_group in zip(told[1], told[4], strict=True):
        assert all(theirs <= 1.1 * ours for ours, theirs in zip(alone, in_group, strict=True)), told
