"""Reread: every changed row is read again, all folds in a row, after its last write and apart from the next."""

from collections import deque

import cocotb
import pytest

from formal.source import Bug
from hw.array.array import hidden_bits
from hw.learning.reread import Reread, row_layout
from sim.drivers.array_model import geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.planted import assert_found
from sim.drivers.stream_driver import Stalls
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import WRITE_LATENCY, Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows, memory ports, samples of a group
    (1, 2, 4, 1, 1, 30, 2, 4),
    (1, 1, 4, 3, 2, 20, 2, 2),
    (2, 2, 16, 2, 4, 50, 2, 8),
)
LATENCY = 20  # of the array, here: any


class Rows:
    """Says in every cycle whether a row is learned, as fast as a learner can that gives way; follows what is read again."""

    def __init__(self, dut, random, geometry: Geometry) -> None:
        self.dut, self.random, self.geometry = dut, random, geometry
        self.learned: deque[tuple[int, int, int]] = deque()  # cycle, address, neuron
        self.returning: deque[int] = deque()  # cycles in which the sums of rows are in the totals
        self.fold = self.now = self.sent = self.read = self.owed = 0
        self.apart = WRITE_LATENCY
        for signal in (dut.wanted, dut.learned, dut.mended, dut.half, dut.tokens__ready):
            signal.value = 0
        dut.folds.value = geometry.folds

    async def cycle(self, wanted: bool, learns: bool, ready: bool) -> None:
        """One cycle; the row that is learned is any."""
        dut, random, g = self.dut, self.random, self.geometry
        neuron = random.randrange(min(g.rows, g.columns))
        dut.wanted.value, dut.learned.value, dut.tokens__ready.value = int(wanted), int(learns), int(ready)
        dut.row.value = row_layout(g).const({"address": neuron * g.folds, "neuron": neuron}).as_bits()
        dut.mended.value = int(bool(self.returning) and self.returning[0] == self.now)
        await dut.clk.falling_edge
        assert dut.owed.value == (self.owed > 0), f"cycle {self.now}"
        if dut.mended.value == 1:
            self.returning.popleft()
            self.owed -= 1
        if wanted and learns:
            self.learned.append((self.now, neuron * g.folds, neuron))
            self.owed += 1
            self.sent += 1
        if dut.tokens__valid.value == 1 and ready:
            self._take(unpack(int(dut.tokens__payload.value), g))
        await dut.clk.rising_edge
        self.now += 1

    def _take(self, token) -> None:
        g = self.geometry
        when, address, neuron = self.learned[0]
        assert self.now - when > WRITE_LATENCY, "its last write is on its way"
        assert (token.opcode, token.address, token.inputs) == (Opcode.FORWARD, address + self.fold, self.half + self.fold)
        assert token.operand & (1 << hidden_bits(g)) - 1 == neuron
        assert token.operand >> tokens.AGAIN_OFFSET == 1
        self.fold += 1
        assert token.last == (self.fold == g.folds)
        if token.last:
            assert not self.returning or self.now + LATENCY - self.returning[-1] >= 2, "two cycles between the sums"
            self.returning.append(self.now + LATENCY)
            self.learned.popleft()
            self.fold, self.read = 0, self.read + 1

    @property
    def half(self) -> int:
        """The word of the pixels' first fold."""
        return int(self.dut.half.value) * self.geometry.folds


@cocotb.test()
async def every_row_is_read_again_once_and_in_order(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    rows = Rows(dut, random, geometry)
    least = geometry.slices * geometry.folds  # cycles of a row, in which the learner has a token
    for half in (0, 1, 0, 1):
        dut.half.value = half
        learner, stalls, quiet = 0, Stalls(random), random.random() < 0.3
        for _ in range(600):
            ready = not stalls()
            learner += ready and dut.tokens__valid.value != 1  # a cycle that is the learner's
            learns = learner >= least and ready and dut.tokens__valid.value != 1 and not (quiet and random.random() < 0.9)
            learner *= not learns
            await rows.cycle(True, learns, ready)
        while rows.owed:
            await rows.cycle(False, False, not stalls())
    assert rows.read == rows.sent > 50


@cocotb.test()
async def nothing_is_read_again_for_nobody(dut):
    random = await start(dut)
    rows = Rows(dut, random, geometry_of(bench_parameters()["shape"]))
    for _ in range(60):
        await rows.cycle(False, True, True)
        assert dut.tokens__valid.value == 0


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_reread_sends_the_rows_that_changed(shape):
    run_bench(Reread(geometry_of(shape)), module=__name__, parameters={"shape": shape})


NAME = "hw.learning.reread"
FAULTS = {
    "forgotten": Bug(NAME, "self.wanted & self.learned, self", "self.wanted & self.learned & ~self.tokens.valid, self"),
    "twice": Bug(NAME, "rows.popped.ready.eq(issued & token.last)", "rows.popped.ready.eq(issued & token.last & (owed != 2))"),
    "another row": Bug(NAME, "later_row.eq(row)", "later_row.eq(self.row.as_value())"),
    "before its last write": Bug(NAME, "range(WRITE_LATENCY + 1 - QUEUE_DELAY)", "range(WRITE_LATENCY - QUEUE_DELAY)"),
    "too soon after the row before": Bug(NAME, "rows.popped.valid & ~pause", "rows.popped.valid"),
    "of the other half": Bug(NAME, "Mux(self.half, g.folds, 0) + fold", "fold"),
    "as a row of a new layer": Bug(NAME, "token.operand[tokens.AGAIN_OFFSET].eq(1),", ""),
    "used before it is in the sums": Bug(NAME, "self.owed.eq(owed != 0)", "self.owed.eq(rows.popped.valid)"),
}


@pytest.mark.check
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    shape = GEOMETRIES[0]
    assert_found(
        FAULTS[fault],
        lambda room: room.Reread(geometry_of(shape)),
        module=__name__,
        coroutine="every_row",
        parameters={"shape": shape},
    )
