"""UART: bytes survive any baud ratio from 4 up, a mismatch of 2 %, jitter and single disturbed samples."""

from random import Random

import cocotb
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.sim import Simulator
from cocotb.triggers import First, Timer

from hw.link.uart import BaudRate, UartReceiver, UartTransmitter
from sim.drivers.bench import CLOCK_PERIOD_NS, bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles

CLOCK_HZ = 10**9 // CLOCK_PERIOD_NS
CLOCK_PS = 1000 * CLOCK_PERIOD_NS
RATIOS = (4.17, 5.0, 8.68, 17.3)


class Pair(Component):
    """Both directions of one UART, unconnected: the bench is the wire."""

    rx: In(1, init=1)
    received: Out(stream.Signature(8))
    framing_error: Out(1)
    overrun: Out(1)
    transmit: In(stream.Signature(8))
    tx: Out(1)

    def __init__(self, rate: BaudRate) -> None:
        self.rate = rate
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self.rate)
        m.submodules.transmitter = transmitter = UartTransmitter(self.rate)
        connect(m, receiver.bytes, flipped(self.received))
        connect(m, flipped(self.transmit), transmitter.bytes)
        m.d.comb += [receiver.pin.eq(self.rx), self.tx.eq(transmitter.pin)]
        m.d.comb += [self.framing_error.eq(receiver.framing_error), self.overrun.eq(receiver.overrun)]
        return m


def bit_ps() -> float:
    """Picoseconds of one bit at the configured ratio."""
    return bench_parameters()["ratio"] * CLOCK_PS


async def drive(pin, byte: int, bit: float, random: Random, *, jitter=0.0, glitch=False, stop=1) -> None:
    """Put one byte on the wire; `jitter` in bits; `glitch` inverts the line for less than one clock in mid-bit."""
    begun, position = 0.0, 0.0
    for level in (0, *((byte >> i) & 1 for i in range(8)), stop):
        pin.value = level
        end = position + bit
        edge = end + random.uniform(-jitter, jitter) * bit
        if glitch and random.random() < 0.5:
            middle = position + 0.5 * bit
            await Timer(round(middle - begun), "ps")
            pin.value = 1 - level
            await Timer(round(0.9 * CLOCK_PS), "ps")
            pin.value = level
            begun = middle + 0.9 * CLOCK_PS
        await Timer(max(1, round(edge - begun)), "ps")
        begun, position = edge, end


async def count_pulses(dut, signal, counts: list[int]) -> None:
    while True:
        await dut.clk.rising_edge
        counts[0] += int(signal.value)


@cocotb.test()
async def bytes_are_received_at_a_mismatch_of_two_percent_and_with_jitter(dut):
    random = await start(dut)
    dut.rx.value = 1
    sink = Sink(dut, "received", random, stalls=0.5)
    errors = [0]
    cocotb.start_soon(count_pulses(dut, dut.framing_error, errors))
    for mismatch in (-0.02, 0.0, 0.02):
        # With 4 clocks a bit the sampling grid alone uses up half a bit: what is left bears the mismatch or jitter.
        jitter = 0.1 if mismatch == 0.0 or bench_parameters()["ratio"] > 8 else 0.0
        sent = [0x00, 0xFF, 0x55, 0xAA] + [random.randrange(256) for _ in range(20)]
        for byte in sent:
            await drive(dut.rx, byte, bit_ps() * (1 + mismatch), random, jitter=jitter)
            dut.rx.value = 1
            if random.random() < 0.3:
                await Timer(random.randrange(1, round(3 * bit_ps())), "ps")
        assert await sink.take(len(sent)) == sent, f"mismatch {mismatch}"
    assert errors == [0]


@cocotb.test()
async def one_disturbed_sample_changes_nothing(dut):
    random = await start(dut)
    dut.rx.value = 1
    sink = Sink(dut, "received", random, stalls=0.0)
    sent = [random.randrange(256) for _ in range(40)]
    for byte in sent:
        dut.rx.value = 1
        await Timer(round(1.3 * bit_ps()), "ps")
        if random.random() < 0.5:  # also while the line is idle: no byte may start
            dut.rx.value = 0
            await Timer(round(0.9 * CLOCK_PS), "ps")
            dut.rx.value = 1
            await Timer(random.randrange(5 * CLOCK_PS, 15 * CLOCK_PS), "ps")
        await drive(dut.rx, byte, bit_ps(), random, glitch=True)
    dut.rx.value = 1
    await Timer(round(12 * bit_ps()), "ps")
    assert sink.received == sent


@cocotb.test()
async def a_low_stop_bit_drops_the_byte_and_the_next_one_is_whole(dut):
    random = await start(dut)
    dut.rx.value = 1
    sink = Sink(dut, "received", random, stalls=0.0)
    errors = [0]
    cocotb.start_soon(count_pulses(dut, dut.framing_error, errors))
    await cycles(dut, 10)
    sent, expected, bad = [], [], 0
    for _ in range(40):
        byte, stop = random.randrange(256), int(random.random() < 0.6)
        await drive(dut.rx, byte, bit_ps(), random, stop=stop)
        if not stop:  # a break of several bytes counts once
            await Timer(round(random.choice([0.1, 25]) * bit_ps()), "ps")
        dut.rx.value = 1
        await Timer(round(2 * bit_ps()), "ps")
        sent.append(byte)
        expected += [byte] * stop
        bad += 1 - stop
    await Timer(round(12 * bit_ps()), "ps")
    assert sink.received == expected
    assert errors == [bad]


@cocotb.test()
async def a_byte_that_nobody_takes_is_kept_and_the_next_is_an_overrun(dut):
    random = await start(dut)
    dut.rx.value = 1
    dut.received__ready.value = 0
    overruns = [0]
    cocotb.start_soon(count_pulses(dut, dut.overrun, overruns))
    await cycles(dut, 10)
    for byte in (0x12, 0x34, 0x56):
        await drive(dut.rx, byte, bit_ps(), random)
        dut.rx.value = 1
        await Timer(round(bit_ps()), "ps")
    assert overruns == [2]
    assert dut.received__valid.value == 1 and dut.received__payload.value == 0x12


@cocotb.test()
async def sent_bytes_have_their_bits_in_time_without_a_gap(dut):
    random = await start(dut)
    dut.rx.value = 1
    source = Source(dut, "transmit", random, stalls=0.0)
    sent = [random.randrange(256) for _ in range(50)]
    source.send(sent)
    await First(dut.tx.falling_edge, Timer(1, "ms"))
    received = []
    elapsed, position = 0, 0.0
    for _ in sent:
        bits = []
        for _ in range(10):
            centre = round(position + 0.5 * bit_ps())
            await Timer(centre - elapsed, "ps")
            elapsed = centre
            bits.append(int(dut.tx.value))
            position += bit_ps()
        assert bits[0] == 0 and bits[9] == 1, "start and stop bit"
        received.append(sum(bit << i for i, bit in enumerate(bits[1:9])))
    assert received == sent
    for _ in range(12):
        await Timer(round(bit_ps()), "ps")
        assert dut.tx.value == 1, "an idle line is high"


@cocotb.test()
async def what_is_sent_comes_back_over_the_wire(dut):
    random = await start(dut)
    source, sink = Source(dut, "transmit", random), Sink(dut, "received", random, stalls=0.3)

    async def wire() -> None:
        while True:
            dut.rx.value = int(dut.tx.value)
            await dut.tx.value_change

    cocotb.start_soon(wire())
    sent = [random.randrange(256) for _ in range(40)]
    source.send(sent)
    assert await sink.take(len(sent)) == sent


@pytest.mark.parametrize("ratio", RATIOS)
def test_bytes_survive_the_wire(ratio):
    rate = BaudRate(clock_hz=CLOCK_HZ, baud=round(CLOCK_HZ / ratio))
    run_bench(Pair(rate), module=__name__, parameters={"ratio": ratio})


def test_the_baud_rate_is_refused_below_four_clocks_a_bit_and_exact_to_a_thousandth():
    with pytest.raises(ValueError, match="baud is 3000000, expected 1 to 2500000"):
        BaudRate(clock_hz=10_000_000, baud=3_000_000)
    for clock_hz, baud in (
        (12_000_000, 3_000_000),
        (100_000_000, 115_200),
        (86_400_000, 3_000_000),
        (48_000_000, 9600),
    ):
        assert abs(BaudRate(clock_hz=clock_hz, baud=baud).error) < 1e-3


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_loop_in_amaranths_own_simulator_returns_every_byte(ratio):
    pair = Pair(BaudRate(clock_hz=CLOCK_HZ, baud=round(CLOCK_HZ / ratio)))
    sent = [Random(1).randrange(256) for _ in range(8)] + [0, 255]
    received = []

    async def wire(context):
        async for level in context.changed(pair.tx):
            context.set(pair.rx, level[0])

    async def send(context):
        context.set(pair.rx, 1)
        context.set(pair.transmit.valid, 1)
        for byte in sent:
            context.set(pair.transmit.payload, byte)
            await context.tick().until(pair.transmit.ready)
        context.set(pair.transmit.valid, 0)

    async def receive(context):
        context.set(pair.received.ready, 1)
        for _ in sent:
            (byte,) = await context.tick().sample(pair.received.payload).until(pair.received.valid)
            received.append(byte)

    simulator = Simulator(pair)
    simulator.add_clock(1 / CLOCK_HZ)
    simulator.add_process(wire)
    simulator.add_testbench(send)
    simulator.add_testbench(receive)
    simulator.run_until(30 * 10 * ratio / CLOCK_HZ)
    assert received == sent
