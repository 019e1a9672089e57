"""Row access: rows are written and read across folds, in order, and nothing is lost when the reader stops."""

from collections import deque
from random import Random

import cocotb
import pytest

from hw.row_access import RowAccess
from sim.drivers.array_model import ArrayModel, geometry_of, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, Stalls, cycles
from sw.contract.cost import ISSUE_DELAY, array_latency
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows
    (1, 1, 4, 3, 2, 6),
    (2, 3, 4, 2, 4, 5),
    (3, 1, 16, 1, 1, 4),
)


class Array:
    """Takes the tokens, with stalls, executes them one at a time and gives each result after the array's latency."""

    def __init__(self, dut, random: Random, geometry: Geometry, stalls: float | None = None) -> None:
        self.dut, self.geometry = dut, geometry
        self.model = ArrayModel(geometry)
        self.stalls = Stalls(Random(random.random()), stalls)
        self.random = random
        self.order: list[tuple[int, tuple[int, int, int]]] = []  # opcode; row's fold and place of every token
        dut.tokens__ready.value = 0
        dut.result.value = 0
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        dut, ready = self.dut, False
        results = deque([0] * (array_latency(self.geometry) + ISSUE_DELAY - 1))
        while True:
            await dut.clk.rising_edge
            if ready and dut.tokens__valid.value == 1:
                token = unpack(int(dut.tokens__payload.value), self.geometry)
                assert token.opcode in (Opcode.READ, Opcode.WRITE)
                self.order.append((token.opcode, (token.address, token.cell, token.synapse)))
                results.append(token.opcode | self.model.execute(token) << 5)
            else:  # tokens of others leave the array too
                others = [Opcode.IDLE, Opcode.FORWARD, Opcode.UNLOAD]
                results.append(self.random.choice(others) | self.random.getrandbits(8) << 5)
            dut.result.value = results.popleft()
            ready = not self.stalls()
            dut.tokens__ready.value = int(ready)


def places(geometry: Geometry, row: int, count: int) -> list[tuple[int, int, int]]:
    """(address, cell, synapse) of columns 0 … count-1 of a row (clause 2)."""
    found = []
    for column in range(count):
        fold, cell, synapse = geometry.place(column)
        found.append((row * geometry.folds + fold, cell, synapse))
    return found


def counts(random: Random, geometry: Geometry) -> int:
    return random.choice((1, geometry.columns, geometry.columns_per_fold, random.randrange(1, geometry.columns + 1)))


@cocotb.test()
async def rows_are_read_as_they_were_written(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    array = Array(dut, random, geometry)
    requests, written, values = Source(dut, "request", random), Source(dut, "written", random), Sink(dut, "values", random)
    memory = [[0] * geometry.columns for _ in range(geometry.rows)]
    for _ in range(40):
        row, count, write = random.randrange(geometry.rows), counts(random, geometry), random.getrandbits(1)
        if write:
            memory[row][:count] = random.choices(range(256), k=count)
            written.send(memory[row][:count])
            await cycles(dut, random.choice((0, 9)))  # bytes may come first
        requests.send([write | row << 1 | count << 17])
        if write:
            await requests.drained()
            await written.drained()
        else:
            assert await values.take(count) == memory[row][:count]
        opcode = Opcode.WRITE if write else Opcode.READ
        await cycles(dut, 2)
        while dut.busy.value == 1:  # with the last byte, which waits in front of the array
            await dut.clk.rising_edge
        await cycles(dut, 2)
        assert array.order == [(opcode, place) for place in places(geometry, row, count)]
        array.order.clear()
        assert dut.busy.value == 0
    assert not values.received


@cocotb.test()
async def a_reader_that_stops_for_long_loses_nothing(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    Array(dut, random, geometry, stalls=0.0)
    requests, written = Source(dut, "request", random, 0.0), Source(dut, "written", random, 0.0)
    values = Sink(dut, "values", random, stalls=0.0)
    row, count = random.randrange(geometry.rows), geometry.columns
    bytes_ = random.choices(range(256), k=count)
    requests.send([1 | row << 1 | count << 17])
    written.send(bytes_)
    await written.drained()
    for taken_before in (0, 1, count // 2):
        requests.send([row << 1 | count << 17] * 2)
        values.paused = taken_before == 0
        while len(values.received) < taken_before:
            await dut.clk.rising_edge
        values.paused = True
        await cycles(dut, 200)
        assert dut.busy.value == 1
        values.paused = False
        assert await values.take(2 * count) == bytes_ * 2
    await cycles(dut, 3)
    assert dut.busy.value == 0


@cocotb.test()
async def a_byte_is_written_or_read_every_other_cycle(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    Array(dut, random, geometry, stalls=0.0)
    requests, written = Source(dut, "request", random, 0.0), Source(dut, "written", random, 0.0)
    dut.values__ready.value = 1
    row, count = random.randrange(geometry.rows), geometry.columns
    bytes_ = random.choices(range(256), k=count)
    written.send(bytes_)
    requests.send([1 | row << 1 | count << 17])
    await requests.drained()
    before = written.sent
    await cycles(dut, 2 * (count - before) - 1)
    assert written.sent in (count - 1, count)
    await cycles(dut, 2)
    assert written.sent == count
    requests.send([row << 1 | count << 17])
    while dut.values__valid.value == 0:
        await dut.clk.rising_edge
    for i, byte in enumerate(bytes_):
        assert dut.values__valid.value == 1, f"byte {i}"
        assert int(dut.values__payload.value) == byte
        await dut.clk.rising_edge
        assert dut.values__valid.value == 0
        await dut.clk.rising_edge
    assert dut.values__valid.value == 0


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_rows_are_read_and_written(shape):
    run_bench(RowAccess(geometry_of(shape)), module=__name__, parameters={"shape": shape})
