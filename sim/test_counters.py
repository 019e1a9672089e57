"""Counters: every event is counted once, through every bit, and cleared when it should be."""

import cocotb
from cocotb.utils import get_sim_time

from hw.counters import READS, WALK, Counters
from hw.engine_ports import COUNTERS_ADDRESS, SAMPLES_ADDRESS, SAMPLES_PLACE
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Source, cycles
from sw.contract.frames import COUNTERS

NAMES = ("samples", *COUNTERS)
SETTLED = WALK + 2  # cycles from an event until it can be read


async def word(dut, address: int) -> int:
    dut.read.value, dut.address.value = 1, address
    await cycles(dut, 2)
    dut.read.value, dut.address.value = 0, 0
    await dut.clk.falling_edge
    value = int(dut.word.value)
    await dut.clk.rising_edge
    return value


async def counters(dut) -> dict[str, int]:
    """All of them, when nothing has happened for long enough."""
    dut.events.value = 0
    await cycles(dut, SETTLED)
    return {name: sum([await word(dut, 4 * i + part) << 16 * part for part in range(4)]) for i, name in enumerate(NAMES)}


async def cleared(dut, name: str) -> None:
    """A pulse on `clear` or `reset`, until it is done."""
    pulse = getattr(dut, name)
    pulse.value = 1
    await dut.clk.rising_edge
    pulse.value, dut.events.value = 0, 0
    await dut.clk.rising_edge
    assert dut.busy.value == 1
    while dut.busy.value == 1:
        await dut.clk.rising_edge


@cocotb.test()
async def events_are_counted_and_cleared(dut):
    random = await start(dut)
    dut.clear.value = dut.reset.value = dut.read.value = dut.write__valid.value = 0
    dut.events.value = 0
    await cleared(dut, "reset")
    counts = dict.fromkeys(NAMES, 0)
    for _ in range(25):
        often = {name: random.choice((0.0, 0.1, 0.5, 1.0, 1.0)) for name in NAMES}
        often["bad_frames"] /= 2  # no two in successive cycles, as on the line
        before = 0
        for _ in range(random.choice((1, 5, 130, 400))):
            events = {name: random.random() < often[name] for name in NAMES}
            events["bad_frames"] &= not before
            before = events["bad_frames"]
            dut.events.value = sum(event << i for i, event in enumerate(events.values()))
            await dut.clk.rising_edge
            counts = {name: counts[name] + events[name] for name in NAMES}
        match random.randrange(4):
            case 0:
                await cleared(dut, "clear")  # with events in its own cycle, which do not count any more
                counts = {name: counts[name] if name == "bad_frames" else 0 for name in NAMES}
                counts["bad_frames"] += before
            case 1:
                await cleared(dut, "reset")
                counts = dict.fromkeys(NAMES, 0)
        assert await counters(dut) == counts


@cocotb.test()
async def no_event_is_missed_while_words_are_read(dut):
    random = await start(dut)
    dut.clear.value = dut.reset.value = dut.read.value = dut.write__valid.value = dut.events.value = 0
    await cleared(dut, "reset")
    dut.events.value = (1 << len(NAMES)) - 1 - (1 << NAMES.index("bad_frames"))
    before = get_sim_time("step")
    await dut.clk.rising_edge
    cycle = get_sim_time("step") - before
    for _ in range(40):
        for _ in range(READS):
            await word(dut, random.randrange(4 * len(NAMES)))
        await cycles(dut, WALK + random.randrange(20))  # a read takes three cycles, of which the walk misses two
    count = (get_sim_time("step") - before) // cycle
    assert await counters(dut) == dict.fromkeys(NAMES, count) | {"bad_frames": 0}


@cocotb.test()
async def nothing_else_changes_while_a_bad_frame_is_counted_during_a_clear(dut):
    random = await start(dut)
    dut.clear.value = dut.reset.value = dut.read.value = dut.write__valid.value = dut.events.value = 0
    await cleared(dut, "reset")
    bad = 0
    bit = 1 << NAMES.index("bad_frames")
    for _ in range(60):
        await cycles(dut, random.randrange(100))
        dut.clear.value = 1
        await dut.clk.rising_edge
        dut.clear.value = 0
        for _ in range(2 * WALK):  # the longest that a clear takes
            dut.events.value = bit
            bad += 1
            await dut.clk.rising_edge
            dut.events.value = 0
            await dut.clk.rising_edge
        assert await counters(dut) == dict.fromkeys(NAMES, 0) | {"bad_frames": bad}


@cocotb.test()
async def samples_are_set_and_go_on_through_every_bit(dut):
    random = await start(dut)
    dut.clear.value = dut.reset.value = dut.read.value = dut.events.value = 0
    source = Source(dut, "write", random)
    await cleared(dut, "reset")
    for bit in (*range(5, 9), 15, 16, 17, 31, 32, 47, 48, 63, 64, *(random.randrange(65) for _ in range(20))):
        begin = (1 << bit) - random.randrange(1, 4) if random.random() < 0.7 else random.getrandbits(bit)
        begin %= 1 << 64
        source.send(SAMPLES_PLACE + i | byte << 4 for i, byte in enumerate(begin.to_bytes(8, "little")))
        await source.drained()
        await dut.clk.rising_edge
        count = random.choice((0, 1, 2, 3, 100))
        dut.events.value = 1
        await cycles(dut, count)
        dut.events.value = 0
        found = await counters(dut)
        assert found.pop("samples") == (begin + count) % (1 << 64)
        assert not any(found.values())


def test_counters_count_every_event():
    assert (SAMPLES_ADDRESS, COUNTERS_ADDRESS) == (0, 4)
    run_bench(Counters(), module=__name__)
