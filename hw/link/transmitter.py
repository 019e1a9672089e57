"""From a header and a payload to the bytes of the wire."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.cobs import CobsEncoder
from hw.link.crc import NIBBLE, Crc32
from hw.link.tokens import REPLY_HEADER
from sw.contract import frames


class Transmitter(Component):
    """Frames: the header, exactly `length` bytes of payload, their CRC-32, in COBS with a delimiter.

    A byte in two cycles; a frame of n bytes of payload takes 2 · n + 29 cycles and the COBS encoder's few.

    Members
    -------
    header : `REPLY_HEADER`; taken when the frame's last byte has gone to the encoder
    nonce : the board's, which every header has
    payload : bytes, asked for while `header` is offered
    encoded : bytes for the wire
    """

    header: In(stream.Signature(REPLY_HEADER))
    nonce: In(32)
    payload: In(stream.Signature(8))
    encoded: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.encoder = encoder = CobsEncoder()
        m.submodules.crc32 = crc = Crc32()
        connect(m, encoder.encoded, flipped(self.encoded))
        fields, byte = self.header.payload, encoder.frame.payload.data
        header = Cat(C(frames.VERSION, 8), fields.type, fields.sequence, self.nonce, fields.length)

        index = Signal(range(frames.HEADER.size))
        left = Signal(16)
        # A byte is there; its lower half is counted in the first cycle, its upper half in the second, when the encoder takes
        # it. A byte of the CRC is taken in the first cycle, for it disappears while the register shifts.
        there, high, offers, sent, sends_crc = Signal(), Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            offers.eq(high ^ sends_crc),
            encoder.frame.valid.eq(there & offers),
            sent.eq(there & offers & encoder.frame.ready),
            crc.valid.eq(there & (~offers | encoder.frame.ready)),
            crc.data.eq(Mux(high, byte[NIBBLE:], byte[:NIBBLE])),
        ]
        with m.If(crc.valid):
            m.d.sync += high.eq(~high)
        with m.FSM():
            with m.State("header"):
                m.d.comb += [there.eq(self.header.valid), byte.eq(header.word_select(index, 8))]
                m.d.sync += left.eq(fields.length)
                with m.If(sent):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == frames.HEADER.size - 1):
                        m.d.sync += index.eq(0)
                        m.next = "payload"
            with m.State("payload"):
                with m.If(left == 0):
                    m.next = "crc"
                with m.Else():
                    m.d.comb += [there.eq(self.payload.valid), byte.eq(self.payload.payload), self.payload.ready.eq(sent)]
                    with m.If(sent):
                        m.d.sync += left.eq(left - 1)
            with m.State("crc"):
                m.d.comb += [there.eq(1), sends_crc.eq(1), byte.eq(~crc.rest[:8]), crc.data.eq(crc.rest[:NIBBLE])]
                with m.If(index == frames.CRC.size - 1):
                    m.d.comb += [encoder.frame.payload.last.eq(1), self.header.ready.eq(sent)]
                with m.If(sent):
                    m.d.sync += index.eq(index + 1)
                    with m.If(encoder.frame.payload.last):
                        m.d.comb += crc.start.eq(1)
                        m.d.sync += [index.eq(0), high.eq(0)]
                        m.next = "header"
        return m
