"""Transmitter: what it sends is what the host's definition of a frame makes of header and payload."""

import cocotb
from cobs import cobs

from hw.link.transmitter import Transmitter
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.frames import Frame


@cocotb.test()
async def frames_are_those_of_the_contract(dut):
    random = await start(dut)
    headers, payloads = Source(dut, "header", random), Source(dut, "payload", random)
    sink = Sink(dut, "encoded", random)
    expected = b""
    for length in (0, 1, 2, 27, 250, 600, *(random.randrange(40) for _ in range(30))):
        frame = Frame(
            type=random.randrange(256),
            sequence=random.randrange(2**16),
            nonce=random.choice([0, random.randrange(2**32)]),
            payload=bytes(random.choice([0, random.randrange(256)]) for _ in range(length)),
        )
        dut.nonce.value = frame.nonce
        headers.send([frame.type | frame.sequence << 8 | length << 24])
        payloads.send(frame.payload)
        await headers.drained()
        expected += cobs.encode(frame.pack()) + b"\0"
    assert bytes(await sink.take(len(expected))) == expected
    await cycles(dut, 300)
    assert not sink.received


def test_the_transmitter_sends_frames():
    run_bench(Transmitter(), module=__name__)
