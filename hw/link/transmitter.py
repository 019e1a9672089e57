"""From a header and a payload to the bytes of the wire."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ETHERNET
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.cobs import CobsEncoder
from hw.link.tokens import HEADER
from sw.contract import frames


class Transmitter(Component):
    """Frames: the header, exactly `length` bytes of payload, their CRC-32, in COBS with a delimiter.

    One byte a cycle; a frame of n bytes of payload takes n + 15 cycles and the COBS encoder's few.

    Members
    -------
    header : `HEADER`; taken when the frame's last byte has gone to the encoder
    payload : bytes, asked for while `header` is offered
    encoded : bytes for the wire
    """

    header: In(stream.Signature(HEADER))
    payload: In(stream.Signature(8))
    encoded: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.encoder = encoder = CobsEncoder()
        m.submodules.crc32 = crc = CRC32_ETHERNET(data_width=8).create()
        connect(m, encoder.encoded, flipped(self.encoded))
        out, header = encoder.frame, self.header.payload
        sent = out.valid & out.ready

        index = Signal(4)
        left = Signal(16)
        with m.FSM():
            with m.State("header"):
                m.d.comb += [out.valid.eq(self.header.valid), out.payload.data.eq(header.as_value().word_select(index, 8))]
                m.d.comb += [crc.start.eq(index == 0), crc.valid.eq(sent)]
                m.d.sync += left.eq(header.length)
                with m.If(sent):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == frames.HEADER.size - 1):
                        m.d.sync += index.eq(0)
                        m.next = "payload"
            with m.State("payload"):
                with m.If(left == 0):
                    m.next = "crc"
                with m.Else():
                    m.d.comb += [out.valid.eq(self.payload.valid), out.payload.data.eq(self.payload.payload)]
                    m.d.comb += [self.payload.ready.eq(out.ready), crc.valid.eq(sent)]
                    with m.If(sent):
                        m.d.sync += left.eq(left - 1)
            with m.State("crc"):
                m.d.comb += [out.valid.eq(1), out.payload.data.eq(crc.crc.word_select(index[:2], 8))]
                with m.If(index == frames.CRC.size - 1):
                    m.d.comb += [out.payload.last.eq(1), self.header.ready.eq(out.ready)]
                with m.If(sent):
                    m.d.sync += index.eq(index + 1)
                    with m.If(out.payload.last):
                        m.d.sync += index.eq(0)
                        m.next = "header"
        m.d.comb += crc.data.eq(out.payload.data)
        return m
