"""The line without one byte value: what leaves the encoder never has it, and the decoder gives back what went in."""

import cocotb
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.escape import EscapeDecoder, EscapeEncoder
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.escape import ESCAPE, FORBIDDEN, INVERT, Unescaper, escape

SPECIAL = (0, FORBIDDEN, ESCAPE, FORBIDDEN ^ INVERT, ESCAPE ^ INVERT, INVERT)


class Pair(Component):
    """Decoder and encoder side by side."""

    line_in: In(stream.Signature(8))
    read: Out(stream.Signature(8))
    written: In(stream.Signature(8))
    line_out: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.decoder = decoder = EscapeDecoder()
        m.submodules.encoder = encoder = EscapeEncoder()
        connect(m, flipped(self.line_in), decoder.escaped)
        connect(m, decoder.plain, flipped(self.read))
        connect(m, flipped(self.written), encoder.plain)
        connect(m, encoder.escaped, flipped(self.line_out))
        return m


def bytes_of(random, count: int) -> bytes:
    """Half of them are those that mean something."""
    return bytes(random.choice(SPECIAL) if random.random() < 0.5 else random.randrange(256) for _ in range(count))


@cocotb.test()
async def encoder_makes_what_the_contract_says(dut):
    random = await start(dut)
    data = bytes(range(256)) + bytes(SPECIAL) * 3 + bytes_of(random, 3000)
    source, sink = Source(dut, "written", random), Sink(dut, "line_out", random)
    source.send(data)
    assert bytes(await sink.take(len(escape(data)))) == escape(data)
    await cycles(dut, 20)
    assert not sink.received, "more than the bytes"


@cocotb.test()
async def decoder_gives_back_what_the_encoder_took(dut):
    random = await start(dut)
    data = bytes(range(256)) + bytes(SPECIAL) * 3 + bytes_of(random, 3000)
    source, sink = Source(dut, "line_in", random), Sink(dut, "read", random)
    source.send(escape(data))
    assert bytes(await sink.take(len(data))) == data


@cocotb.test()
async def decoder_agrees_with_the_contract_on_garbage(dut):
    random = await start(dut)
    garbage = bytes_of(random, 4000) + b"\0"
    expected = Unescaper().feed(garbage)
    source, sink = Source(dut, "line_in", random), Sink(dut, "read", random)
    source.send(garbage)
    assert bytes(await sink.take(len(expected))) == expected


@cocotb.test()
async def both_keep_up_with_a_byte_a_cycle(dut):
    random = await start(dut)
    data = bytes_of(random, 2000)
    for names, sent, expected in ((("written", "line_out"), data, escape(data)), (("line_in", "read"), escape(data), data)):
        source, sink = Source(dut, names[0], random, stalls=0.0), Sink(dut, names[1], random, stalls=0.0)
        source.send(sent)
        await sink.take(len(expected), cycles=len(escape(data)) + 10)


def test_the_escape_is_the_contracts():
    run_bench(Pair(), module=__name__)
