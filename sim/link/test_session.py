"""Session, sample lock, signature: against the contract's arithmetic, at the ends of every range."""

import cocotb

from hw.engine_ports import SAMPLES_PLACE, SIGNATURE_PLACE
from hw.link.sample_lock import SampleLock
from hw.link.session import Session
from hw.misr import Misr
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import cycles
from sw.contract.frames import FIRST, RING, WINDOW
from sw.contract.state import sign

SEQUENCES = 1 << 16
NEAR = (0, 1, 2, -1, -2, -WINDOW, -WINDOW - 1, WINDOW - 1, WINDOW, SEQUENCES // 2)


@cocotb.test()
async def the_next_number_follows_and_those_of_the_window_are_repetitions(dut):
    random = await start(dut)
    dut.advance.value = 0
    for _ in range(60):
        begin = random.choice([0, 1, WINDOW - 1, WINDOW, SEQUENCES - 1, random.randrange(SEQUENCES)])
        dut.sequence.value, dut.advance.value = begin, 1
        await dut.clk.rising_edge
        dut.advance.value = 0
        for distance in (*NEAR, random.randrange(SEQUENCES), random.randrange(-2 * WINDOW, 0)):
            dut.sequence.value = (begin + 1 + distance) % SEQUENCES
            await cycles(dut, 3)
            distance %= SEQUENCES
            assert int(dut.following.value) == (distance == 0)
            assert int(dut.repeated.value) == (distance >= SEQUENCES - WINDOW)


@cocotb.test()
async def a_train_fits_where_it_begins_with_the_next_sample_and_is_kept_for_a_ring(dut):
    random = await start(dut)
    dut.restart.value = dut.taken.value = dut.write__valid.value = 0
    following = None
    for _ in range(150):
        count = random.choice([0, 1, 128, 255, random.randrange(256)])
        dut.count.value = count
        match random.randrange(4) if following is not None else 1:
            case 0:
                dut.restart.value = 1
                following = 0
            case 1:
                samples = random.choice([0, FIRST - 1, FIRST - 200, random.getrandbits(64)])
                for place, byte in enumerate(samples.to_bytes(8, "little"), SAMPLES_PLACE):
                    dut.write__valid.value, dut.write__payload.value = 1, place | byte << 4
                    await dut.clk.rising_edge
                for place in range(SIGNATURE_PLACE, SAMPLES_PLACE):  # these bytes are for others
                    dut.write__payload.value = place | random.randrange(256) << 4
                    await dut.clk.rising_edge
                dut.write__valid.value = 0
                following = samples
            case _:
                dut.taken.value = 1
                following = (following or 0) + count
        await dut.clk.rising_edge
        dut.restart.value = dut.taken.value = 0
        for behind in (0, 1, count - 1, count, RING, RING + 1, -1, random.randrange(FIRST), random.randrange(RING)):
            dut.first.value = (following - behind) % FIRST
            await cycles(dut, 4)
            assert int(dut.fits.value) == (behind % FIRST == 0)
            assert int(dut.kept.value) == (count <= behind % FIRST <= RING)


@cocotb.test()
async def the_signature_is_the_contract_s(dut):
    random = await start(dut)
    dut.trained.value = dut.clear.value = dut.write__valid.value = 0
    dut.clear.value = 1
    await dut.clk.rising_edge
    dut.clear.value = 0
    expected = 0
    for _ in range(400):
        word, prediction = random.getrandbits(32), random.choice([0, 65535, random.getrandbits(16)])
        dut.prng.value, dut.prediction.value = word, prediction
        match random.randrange(10):
            case 0:
                dut.clear.value = 1
                expected = 0
            case 1:
                expected = random.getrandbits(32)
                data = expected.to_bytes(4, "little") + random.randbytes(8)
                for place, byte in enumerate(data, SIGNATURE_PLACE):
                    dut.write__valid.value, dut.write__payload.value = 1, place | byte << 4
                    await dut.clk.rising_edge
                dut.write__valid.value = 0
            case 2:
                pass
            case _:
                dut.trained.value = 1
                expected = sign(expected, [word], [prediction])
        await dut.clk.rising_edge
        dut.trained.value = dut.clear.value = 0
        await dut.clk.falling_edge
        assert int(dut.value.value) == expected


def test_session():
    run_bench(Session(), module=__name__, coroutines="the_next_number")


def test_sample_lock():
    run_bench(SampleLock(), module=__name__, coroutines="a_train_fits")


def test_signature():
    run_bench(Misr(), module=__name__, coroutines="the_signature")
