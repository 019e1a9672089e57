"""Draws of rehearsal: those of the contract, to the bit, from any state."""

from random import Random

import cocotb
import pytest

from hw.store.draws import Draws
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.rehearsal import DEFAULT_PRNG, LONGEST_HORIZON, Rehearsal
from sw.contract.rehearsal import Draws as ContractDraws
from sw.contract.sample_memory import REHEARSAL


def packed(draws: ContractDraws) -> bytes:
    """The state as REHEARSE sets and tells it."""
    r = draws.rehearsal
    phase = draws.seen % r.every
    return REHEARSAL.pack(draws.word, r.size, draws.seen, r.horizon or LONGEST_HORIZON, r.every, phase, r.per)


def settings(random: Random) -> tuple[Rehearsal, int]:
    size = random.choice((1, 2, 3, 7, 100, 2000, 1 << 20))
    horizon = random.choice((0, size, 2 * size, LONGEST_HORIZON))
    every = random.choice((1, 1, 1, 2, 3, 65535))
    rehearsal = Rehearsal(
        size=size, every=every, per=random.choice((1, 1, 2, 3, 16)), horizon=horizon, prng=random.randrange(1, 1 << 32)
    )
    seen = random.choice((0, 0, 1, size - 1, size, size + 1, 2 * size, (1 << 32) - 2, 1 << 40, (1 << 64) - 7, every - 1))
    return rehearsal, seen


@cocotb.test()
async def draws_are_those_of_the_contract(dut):
    random = await start(dut)
    dut.clear.value = dut.next.value = 0
    write, sink = Source(dut, "write", random), Sink(dut, "draws", random)
    for _ in range(16):
        expected = ContractDraws(*settings(random))
        write.send([i | byte << 5 for i, byte in enumerate(packed(expected))])
        await write.drained()
        await cycles(dut, 2)
        for _ in range(random.choice((1, 3, 5))):
            dut.next.value = 1
            await cycles(dut, 1)
            dut.next.value = 0
            rehearsed, kept = expected.next()
            for i in rehearsed:
                assert (await sink.take(1))[0] == i << 1
            last = (await sink.take(1))[0]
            assert last >> 22 == 1
            assert (last & 1, last >> 1 & 0x1FFFFF if last & 1 else None) == (kept is not None, kept)
            await cycles(dut, 3)
        assert int(dut.state.value) == int.from_bytes(packed(expected), "little")


@cocotb.test()
async def clearing_ends_rehearsal(dut):
    random = await start(dut)
    dut.clear.value = dut.next.value = 0
    write, sink = Source(dut, "write", random), Sink(dut, "draws", random)
    write.send([i | byte << 5 for i, byte in enumerate(packed(ContractDraws(Rehearsal(size=5), 9)))])
    await write.drained()
    dut.clear.value = 1
    await cycles(dut, 1)
    dut.clear.value = 0
    await cycles(dut, 3)
    off = REHEARSAL.pack(DEFAULT_PRNG, 0, 0, 0, 1, 0, 1)
    assert int(dut.state.value) == int.from_bytes(off, "little")
    assert not sink.received


def test_draws_are_the_contracts():
    run_bench(Draws(), module=__name__)


@pytest.mark.parametrize("every", [1, 2, 65535])
def test_the_phase_is_what_is_left_of_the_count(every):
    draws = ContractDraws(Rehearsal(size=3, every=every), 65537)
    assert REHEARSAL.unpack(packed(draws)).phase == 65537 % every
