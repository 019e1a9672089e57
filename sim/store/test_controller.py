"""SDRAM controller: every word is the one that was written, on every chip, and the chip has nothing to complain of."""

from dataclasses import asdict, replace
from math import ceil

import cocotb
import pytest

from hw.store.bus import SdramCommand
from hw.store.chip import AS4C32M16SB, CHIPS, GW2AR_SDRAM, ULX3S_SDRAM, Chip
from hw.store.sdram import Sdram
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.sdram_chip import SdramChip
from sim.drivers.stream_driver import Sink, Source, cycles

CLOCK_HZ = 80_000_000
BENCHES = "words_come|a_row|a_request"
POWER_UP = 3_000  # ns: most benches do not wait for all of it
BOARDS = {"ulx3s": ULX3S_SDRAM, "gw2ar": GW2AR_SDRAM}


def quick(chip: Chip) -> Chip:
    return replace(chip, power_up=POWER_UP)


class Memory:
    """The controller under cocotb, with a chip at its pins, and what was written."""

    def __init__(self, dut, random) -> None:
        parameters = bench_parameters()
        self.dut, self.random = dut, random
        self.board = quick(BOARDS[parameters["board"]])
        part = {chip.name: chip for chip in CHIPS}[parameters["part"]]
        if "truth" in parameters:
            self.board = part = Chip(**parameters["truth"])
        clock_hz = parameters["clock_hz"]
        self.model = SdramChip(dut, quick(part), clock_hz, random, way_ns=parameters.get("way", 6.0))
        self.request = Source(dut, "transfers__request", random)
        self.written = Source(dut, "transfers__written", random, parameters.get("stalls"))
        self.read = Sink(dut, "transfers__read", random, 0.0)
        dut.late.value = parameters.get("late", 1)
        self.words: dict[int, int] = {}

    def write(self, address: int, count: int) -> None:
        words = [self.random.getrandbits(self.board.width) for _ in range(count)]
        self.words |= zip(range(address, address + count), words, strict=True)
        self.request.send([self.packed(1, address, count)])
        self.written.send(words)

    async def expect(self, address: int, count: int) -> None:
        self.request.send([self.packed(0, address, count)])
        expected = [self.words[at] for at in range(address, address + count)]
        assert await self.read.take(count) == expected, f"{count} words from {address}"

    def packed(self, write: int, address: int, count: int) -> int:
        return write | address << 1 | count << 1 + self.board.address_bits


@cocotb.test()
async def words_come_back_wherever_they_lie(dut):
    random = await start(dut)
    memory = Memory(dut, random)
    row = memory.board.columns
    last = 1 << memory.board.address_bits - (memory.board.wide_columns > 0)
    places = [(0, 1), (row - 1, 1), (row - 3, 9), (5 * row - 1, 2), (last - 60, 60), (4 * row * 77 + 13, 60)]
    places += [(random.randrange(last - 200), random.choice((1, 2, 8, 52))) for _ in range(5)]
    for address, count in places:
        memory.write(address, count)
        if random.random() < 0.5:
            await memory.expect(*random.choice(places[: places.index((address, count)) + 1]))
    for address, count in places:
        await memory.expect(address, count)
    await cycles(dut, 50)
    assert not memory.read.received, "words that nobody asked for"
    interval = memory.model.chip.refresh_interval
    assert memory.model.rules.commands[SdramCommand.REFRESH] >= 7 + (memory.model.rules.now / 1000 - POWER_UP) // interval


@cocotb.test()
async def a_row_is_read_and_written_at_a_word_a_cycle(dut):
    random = await start(dut)
    memory = Memory(dut, random)
    while not dut.ready.value:
        await cycles(dut, 1)
    memory.request.stalls.fixed = 0.0
    between = memory.model.chip.refresh_interval * 1e-9 * bench_parameters()["clock_hz"]  # cycles from one refresh to the next
    for count in (1, 52, min(200, int(between / 2))):  # of any two that follow each other one is not broken off
        address = 8 * memory.board.columns
        memory.write(address, count)
        await memory.expect(address, count)
        before = memory.model.rules.commands[SdramCommand.REFRESH]
        begun, taken = 0, 10**6
        while taken > count + 12 or memory.model.rules.commands[SdramCommand.REFRESH] != before:
            before = memory.model.rules.commands[SdramCommand.REFRESH]
            begun = memory.model.rules.edges
            await memory.expect(address, count)
            taken = memory.model.rules.edges - begun
            assert taken < count + 40


@cocotb.test()
async def a_request_that_waits_for_its_words_does_not_keep_refreshes_waiting(dut):
    random = await start(dut)
    memory = Memory(dut, random)
    memory.written.paused = True
    memory.write(100, 20)
    await cycles(dut, ceil(6 * 7800e-9 * bench_parameters()["clock_hz"]))  # the chip refuses what is late
    memory.written.paused = False
    await memory.expect(100, 20)


@cocotb.test()
async def a_liar_is_found(dut):
    """Not a bench of its own: the controller believes in other times than the chip has."""
    random = await start(dut)
    memory = Memory(dut, random)
    memory.request.stalls.fixed = memory.written.stalls.fixed = 0.0
    memory.write(100, 1)
    memory.write(memory.board.columns - 2, 4)  # a row ends in the middle
    memory.request.send([memory.packed(0, 100, 1)] * 3)
    assert await memory.read.take(3) == [memory.words[100]] * 3
    await cycles(dut, 2600)


LIES = {
    "power-up": {"power_up": POWER_UP - 100},
    "power-up: ACTIVATE after 7 refreshes": {"first_refreshes": 7},
    "tMRD": {"mrd_clocks": 2},
    "tRCD": {"t_rcd": 20},
    "tRP": {"t_rp": 12, "t_ras": 70},
    "tRAS": {"t_ras": 12, "t_rc": 12},
    "tRC": {"t_ras": 37, "t_rc": 37},
    "tRFC": {"t_rfc": 12, "t_rc": 12, "t_ras": 66},
    "tWR": {"t_wr": 12, "wr_clocks": 1},
    "tREFI": {"refresh_ms": 128},
}
# Times that the controller's steps keep by themselves have to be longer to be broken, and those that hide behind others alone.
TRUTHS = {
    "tMRD": {"mrd_clocks": 5},
    "tRCD": {"t_rcd": 36},
    "tWR": {"t_ras": 20, "t_rc": 40},
    "tRC": {"t_ras": 37, "t_rp": 12},
}


def sdram(board: str, clock_hz: int) -> Sdram:
    return Sdram(quick(BOARDS[board]), clock_hz)


@pytest.mark.parametrize("part", [chip for chip in CHIPS if chip.width == 16], ids=lambda chip: chip.name)
def test_the_controller_of_the_ulx3s_serves_every_part(part):
    parameters = {"board": "ulx3s", "part": part.name, "clock_hz": CLOCK_HZ}
    run_bench(sdram("ulx3s", CLOCK_HZ), module=__name__, parameters=parameters, coroutines="words_come")


@pytest.mark.parametrize(
    ("clock_hz", "way"), [(54_000_000, 0.0), (54_000_000, 5.0), (54_000_000, 12.0), (27_000_000, 3.0)], ids=str
)
def test_the_controller_of_the_tang_nano_20k_serves_its_chip(clock_hz, way):
    """Whatever the way is: with 5 ns words come and go around the rising edge, and are taken at the falling one."""
    late = 1
    parameters = {"board": "gw2ar", "part": GW2AR_SDRAM.name, "clock_hz": clock_hz, "late": late, "way": way}
    run_bench(sdram("gw2ar", clock_hz), module=__name__, parameters=parameters, coroutines=BENCHES)


@pytest.mark.parametrize("rule", LIES)
def test_a_controller_that_breaks_a_time_is_refused(rule):
    truth = replace(quick(CHIPS[0]), first_refreshes=8, **TRUTHS.get(rule, {}))
    lie = replace(truth, **LIES[rule])
    parameters = {"board": "ulx3s", "part": truth.name, "clock_hz": CLOCK_HZ, "truth": asdict(truth)}
    with pytest.raises(AssertionError, match=f"SdramError: {rule}"):
        run_bench(Sdram(lie, CLOCK_HZ), module=__name__, parameters=parameters, coroutines="a_liar")
    run_bench(Sdram(truth, CLOCK_HZ), module=__name__, parameters=parameters, coroutines="a_liar")


def test_what_is_written_slowly_is_refreshed_in_time():
    parameters = {"board": "ulx3s", "part": AS4C32M16SB.name, "clock_hz": CLOCK_HZ, "stalls": 0.9}
    run_bench(sdram("ulx3s", CLOCK_HZ), module=__name__, parameters=parameters, coroutines=BENCHES)
