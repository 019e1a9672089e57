"""From a header and a payload to the bytes of the wire."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.cobs import CobsEncoder
from hw.link.crc import NIBBLE, Crc32
from hw.link.frame_layouts import REPLY_HEADER
from sw.contract import frames


class Transmitter(Component):
    """Frames: the header, exactly `length` bytes of payload, their CRC-32, in COBS with a delimiter.

    A byte in three cycles; a frame of n bytes of payload takes 3 · n + 43 cycles and the COBS encoder's few.

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
        out, fields = encoder.frame, self.header.payload
        same = {"version": C(frames.VERSION, frames.HEADER["version"].width), "nonce": self.nonce}
        header = Cat(same[name] if name in same else fields[name] for name in frames.HEADER.names)

        # A byte is loaded; then the CRC takes its lower half, and its upper half when the encoder takes the byte. The
        # bytes of the CRC are fed back, which shifts them.
        full, high, taken, ends = Signal(), Signal(), Signal(), Signal()
        byte = out.payload.data
        m.d.comb += [
            out.valid.eq(full & high),
            taken.eq(out.valid & out.ready),
            crc.valid.eq(full & (~high | out.ready)),
            crc.data.eq(Mux(ends, crc.rest[:NIBBLE], byte.word_select(high, NIBBLE))),
        ]
        with m.If(crc.valid):
            m.d.sync += high.eq(~high)
        with m.If(taken):
            m.d.sync += full.eq(0)

        index = Signal(range(frames.HEADER.size))
        left = Signal(16)
        any_left = Signal()  # `left` is not zero: told by a flip-flop, for what is decided by it is far away
        with m.FSM():
            with m.State("header"):
                m.d.sync += [left.eq(fields.length), any_left.eq(left != 0)]  # it holds still for bytes
                with m.If(self.header.valid & ~full):
                    m.d.sync += [byte.eq(header.word_select(index, 8)), full.eq(1), index.eq(index + 1)]
                    with m.If(index == frames.HEADER.size - 1):
                        m.d.sync += index.eq(0)
                        m.next = "payload"
            with m.State("payload"):
                m.d.comb += self.payload.ready.eq(~full & any_left)
                with m.If(self.payload.valid & self.payload.ready):
                    m.d.sync += [byte.eq(self.payload.payload), full.eq(1), left.eq(left - 1), any_left.eq(left != 1)]
                with m.If(~full & ~any_left):
                    m.d.sync += ends.eq(1)
                    m.next = "crc"
            with m.State("crc"):
                with m.If(~full):
                    m.d.sync += [byte.eq(~crc.rest[:8]), full.eq(1), index.eq(index + 1)]
                    with m.If(index == frames.CRC.size - 1):
                        m.d.sync += [index.eq(0), out.payload.last.eq(1)]
                        m.next = "end"
            with m.State("end"):
                with m.If(taken):
                    m.d.comb += [self.header.ready.eq(1), crc.start.eq(1)]
                    m.d.sync += [ends.eq(0), out.payload.last.eq(0)]
                    m.next = "header"
        return m
