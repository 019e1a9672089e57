"""Queue and register slices: every word once and in order, whoever stalls; as fast as they say."""

import cocotb
import pytest

from hw.queue import Queue
from hw.register_slice import FullRateSlice, RegisterSlice
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles

WIDTH, WORDS = 9, 1500
KINDS = {  # with the cycles that a word takes, and the most words that it holds
    "queue": (lambda: Queue(width=WIDTH, room=8), 1, 9),
    "slice": (lambda: RegisterSlice(shape=WIDTH), 2, 1),
    "full-rate slice": (lambda: FullRateSlice(shape=WIDTH), 1, 2),
}


@cocotb.test()
async def words_come_out_in_order(dut):
    random = await start(dut)
    words = random.choices(range(1 << WIDTH), k=WORDS)
    source, sink = Source(dut, "pushed", random), Sink(dut, "popped", random)
    source.send(words)
    assert await sink.take(WORDS) == words
    await cycles(dut, 50)
    assert not sink.received


@cocotb.test()
async def words_come_as_fast_as_they_can(dut):
    random = await start(dut)
    source, sink = Source(dut, "pushed", random, 0.0), Sink(dut, "popped", random, 0.0)
    source.send(range(WORDS % 512))
    await cycles(dut, 20)
    before = len(sink.received)
    await cycles(dut, 200)
    assert len(sink.received) - before == 200 // bench_parameters()["cycles"]


@cocotb.test()
async def no_more_are_taken_than_there_is_room_for(dut):
    random = await start(dut)
    source, sink = Source(dut, "pushed", random, 0.0), Sink(dut, "popped", random, 0.0)
    sink.paused = True
    await cycles(dut, 2)
    source.send(range(30))
    await cycles(dut, 40)
    assert source.sent == bench_parameters()["most"]
    sink.paused = False
    assert await sink.take(30) == list(range(30))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost(kind):
    make, a_word, most = KINDS[kind]
    run_bench(make(), module=__name__, parameters={"cycles": a_word, "most": most})
