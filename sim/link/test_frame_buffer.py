"""Frame buffer: whole frames come out in order; bad ones and those without room leave no trace and are counted."""

import gc

import cocotb
import pytest

from hw.link.frame_buffer import FrameBuffer
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles

END, ERROR, LAST = 0x100, 0x200, 0x100


def tokens(frame: bytes, error: bool = False) -> list[int]:
    return [*frame, END | (ERROR if error else 0)]


def out(frame: bytes) -> list[int]:
    return [*frame[:-1], frame[-1] | LAST]


async def count_dropped(dut, counts: list[int]) -> None:
    while True:
        await dut.clk.rising_edge
        counts[0] += int(dut.dropped.value)


@cocotb.test()
async def good_frames_come_out_and_bad_ones_leave_no_trace(dut):
    random = await start(dut)
    depth = bench_parameters()["depth"]
    source, sink = Source(dut, "tokens", random), Sink(dut, "frames", random)
    dropped = [0]
    cocotb.start_soon(count_dropped(dut, dropped))
    bad = 0
    for _ in range(150):
        frame = random.randbytes(random.choice([0, 1, 2, random.randrange(1, depth + 1), depth]))
        error = random.random() < 0.3
        source.send(tokens(frame, error))
        await source.drained()
        if frame and not error:
            assert await sink.take(len(frame)) == out(frame)
        else:
            bad += 1
    await cycles(dut, 300)
    assert not sink.received
    assert dropped == [bad]


@cocotb.test()
async def a_frame_longer_than_the_buffer_is_dropped_and_the_next_is_whole(dut):
    random = await start(dut)
    depth = bench_parameters()["depth"]
    source, sink = Source(dut, "tokens", random, stalls=0.0), Sink(dut, "frames", random)
    dropped = [0]
    cocotb.start_soon(count_dropped(dut, dropped))
    for extra in (1, 2, depth - 1, depth, depth + 1, 3 * depth):
        source.send(tokens(random.randbytes(depth + extra)))
        await source.drained()
        frame = random.randbytes(depth)
        source.send(tokens(frame))
        assert await sink.take(len(frame)) == out(frame)
    assert dropped == [6]


@cocotb.test()
async def while_nobody_reads_frames_are_kept_until_there_is_no_room(dut):
    random = await start(dut)
    depth = bench_parameters()["depth"]
    source, sink = Source(dut, "tokens", random), Sink(dut, "frames", random)
    dropped = [0]
    cocotb.start_soon(count_dropped(dut, dropped))
    for _ in range(20):
        sink.paused = True
        await cycles(dut, 4)
        kept, expected_drops = [], dropped[0]
        for _ in range(12):
            frame = random.randbytes(random.randrange(1, depth // 2))
            # Two bytes have left the memory for the output registers once they are kept.
            taken = sum(map(len, kept))
            await cycles(dut, 4)
            if taken + len(frame) <= depth + min(taken, 2):
                kept.append(frame)
            else:
                expected_drops += 1
            source.send(tokens(frame))
            await source.drained()
        assert dropped == [expected_drops]
        sink.paused = False
        for frame in kept:
            assert await sink.take(len(frame)) == out(frame)
    assert not sink.received


@cocotb.test()
async def a_frame_that_has_lost_a_byte_is_dropped_even_if_room_comes_before_its_end(dut):
    random = await start(dut)
    depth = bench_parameters()["depth"]
    source, sink = Source(dut, "tokens", random), Sink(dut, "frames", random)
    dropped = [0]
    cocotb.start_soon(count_dropped(dut, dropped))
    for repeat in range(10):
        sink.paused = True
        await cycles(dut, 4)
        frame = random.randbytes(depth - 1)
        source.send(tokens(frame))
        await source.drained()
        await cycles(dut, 4)  # two bytes have gone to the output: there is room for three
        source.send(random.randbytes(5))
        await source.drained()
        sink.paused = False
        assert await sink.take(len(frame)) == out(frame)
        source.send(tokens(random.randbytes(2)))
        await source.drained()
        await cycles(dut, 20)
        assert not sink.received and dropped == [repeat + 1]


@cocotb.test()
async def frames_flow_while_others_are_written(dut):
    random = await start(dut)
    depth = bench_parameters()["depth"]
    source, sink = Source(dut, "tokens", random, stalls=0.6), Sink(dut, "frames", random, stalls=0.2)
    frames = [random.randbytes(random.randrange(1, depth // 4)) for _ in range(200)]
    errors = [random.random() < 0.2 for _ in frames]
    expected = [byte for frame, error in zip(frames, errors, strict=True) if not error for byte in out(frame)]
    for frame, error in zip(frames, errors, strict=True):
        source.send(tokens(frame, error))
    assert await sink.take(len(expected)) == expected


@pytest.mark.parametrize("depth", [8, 64])
def test_the_buffer_gives_whole_frames_only(depth):
    run_bench(FrameBuffer(depth), module=__name__, parameters={"depth": depth})


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_a_depth_that_is_no_power_of_two_is_refused():
    with pytest.raises(ValueError, match="depth is 100, expected a power of two"):
        FrameBuffer(100)
    gc.collect()  # Amaranth complains of the half-made component when it is collected
