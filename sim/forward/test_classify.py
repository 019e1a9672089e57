"""Classify: prediction, rival and the decision to learn, with ties, labels at both ends and margins at their limits."""

import cocotb
import pytest

from hw.forward.classify import Classify
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Stalls

GEOMETRIES = ((1, 2, 4, 1, 4, 40), (2, 3, 16, 2, 4, 23))  # height, width, K, folds, slices, rows
LOWEST, HIGHEST = -(2**15), 2**15 - 1


def expected(matches: list[int], valid: int, label: int, margin: int) -> tuple[int, int, bool]:
    """Prediction, rival, wrong (clauses 6 and 7); `max` returns the first of equals, which has the lowest index."""
    z = [2 * m - valid for m in matches]
    prediction = max(range(len(z)), key=lambda c: z[c])
    rival = max((c for c in range(len(z)) if c != label), key=lambda c: z[c])
    return prediction, rival, not z[label] - z[rival] >= margin


async def classify(dut, random, matches: list[int], label: int, margin: int) -> tuple[int, int, bool]:
    """Send the sums with pauses, see `done` rise with the last one and the answer hold; returns the answer."""
    stalls = Stalls(random)
    dut.control__neurons.value, dut.control__label.value, dut.control__margin.value = len(matches), label, margin
    dut.control__start.value, dut.row__valid.value = 1, 0
    await dut.clk.rising_edge
    dut.control__start.value = 0
    for i, value in enumerate(matches):
        while stalls():
            dut.row__matches.value = random.getrandbits(len(dut.row__matches))
            await dut.clk.rising_edge
            assert dut.control__done.value == 0, f"{i} of {len(matches)}"
        dut.row__valid.value, dut.row__matches.value = 1, value
        await dut.clk.rising_edge
        assert dut.control__done.value == 0, f"{i} of {len(matches)}"
        dut.row__valid.value = 0
    await dut.clk.rising_edge
    assert dut.control__done.value == 0
    found = None
    for _ in range(random.choice((1, 1, 4))):
        await dut.clk.rising_edge
        assert dut.control__done.value == 1
        now = int(dut.control__prediction.value), int(dut.rival.value), bool(dut.control__wrong.value)
        assert found in (None, now), "the answer holds"
        found = now
    assert found is not None
    return found


@cocotb.test()
async def ties_go_to_the_lowest_index_and_the_margin_is_exact(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    seen = set()
    dut.control__start.value = dut.row__valid.value = 0
    for _ in range(260):
        neurons = random.choice((2, 2, 3, geometry.rows, random.randrange(2, geometry.rows + 1)))
        top = random.choice((1, 3, geometry.columns))  # few values make ties
        low = random.choice((0, geometry.columns - top))
        matches = [low + random.randrange(top + 1) for _ in range(neurons)]
        if random.random() < 0.2:
            matches = [random.choice((0, geometry.columns))] * neurons
        label = random.choice((0, neurons - 1, random.randrange(neurons)))
        if random.random() < 0.2:
            matches[label] = random.choice((0, geometry.columns))
        _, rival, _ = expected(matches, 0, label, 0)
        exact = 2 * (matches[label] - matches[rival])
        margin = random.choice((exact - 2, exact - 1, exact, exact, exact + 1, exact + 2, 0, LOWEST, HIGHEST))
        right = expected(matches, random.randrange(geometry.columns + 1), label, margin)
        found = await classify(dut, random, matches, label, margin)
        assert found == right, f"matches {matches}, label {label}, margin {margin}"
        seen.add((right[2], exact == margin, exact + 1 == margin, right[0] == label))
    assert len(seen) >= 6, "both decisions, on both sides of the margin"


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_classify_decides_like_the_contract(shape):
    run_bench(Classify(geometry_of(shape)), module=__name__, parameters={"shape": shape})
