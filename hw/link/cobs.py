"""Consistent overhead byte stuffing (Cheshire and Baker 1997): frames without zeros, so that a zero can end them.

A block is a code byte n (1…255), then n - 1 bytes that are not zero; it stands for those bytes and, unless n is 255 or
the frame ends, a zero. A zero byte ends the frame, wherever it comes.
"""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.link.frame_layouts import FRAME_TOKEN, LAST_BYTE
from hw.memory import add_memory, offer_words

LONGEST = 255  # the code of a block of 254 bytes, after which no zero is implied
RING = 512  # bytes: the block that is being made and one that is being sent


class CobsDecoder(Component):
    """Encoded bytes to frames. One byte a cycle, latency 1 cycle.

    A frame that ends inside a block ends with `error`. Zeros that follow one another are silence and give nothing.

    Members
    -------
    encoded : bytes from the wire
    decoded : `FRAME_TOKEN`
    """

    encoded: In(stream.Signature(8))
    decoded: Out(stream.Signature(FRAME_TOKEN))

    def elaborate(self, platform) -> Module:
        m = Module()
        token = self.decoded.payload
        left = Signal(8)  # bytes of the block that are still to come
        inside = Signal()  # a byte of the frame has come
        zero_due = Signal()  # unless the frame ends here, the last block stands for a zero too
        m.d.comb += self.encoded.ready.eq(~self.decoded.valid | self.decoded.ready)
        with m.If(self.encoded.ready):
            m.d.sync += self.decoded.valid.eq(0)
        with m.If(self.encoded.ready & self.encoded.valid):
            m.d.sync += [token.data.eq(self.encoded.payload), token.end.eq(0), token.error.eq(0), inside.eq(1)]
            with m.If(self.encoded.payload == 0):
                m.d.sync += [token.end.eq(1), token.error.eq(left != 0), self.decoded.valid.eq(inside)]
                m.d.sync += [inside.eq(0), left.eq(0), zero_due.eq(0)]
            with m.Elif(left == 0):
                m.d.sync += [token.data.eq(0), self.decoded.valid.eq(zero_due)]
                m.d.sync += [left.eq(self.encoded.payload - 1), zero_due.eq(self.encoded.payload != LONGEST)]
            with m.Else():
                m.d.sync += [self.decoded.valid.eq(1), left.eq(left - 1)]
        return m


class CobsEncoder(Component):
    """Frames to encoded bytes, each frame followed by the delimiter. Frames have at least one byte.

    A code stands before its block, so a block is sent when it is complete: a ring of 512 bytes in one block RAM keeps a
    place for the code at its front. Throughput: a cycle for each byte of the frame, one more for each full block and
    two for the end, on either side. Latency: up to a block (255 cycles) and 3 cycles.

    Members
    -------
    frame : `LAST_BYTE`
    encoded : bytes for the wire
    """

    frame: In(stream.Signature(LAST_BYTE))
    encoded: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        ring = add_memory(m, "ring", shape=8, depth=RING)
        write = ring.write_port()

        sent = Signal(range(RING))  # the next byte to send
        place = Signal(range(RING))  # where the code of this block goes; what is before may be sent
        free = Signal(range(RING), init=1)  # where its next byte goes
        code = Signal(8, init=1)
        # Room, a cycle late, by quarters of the ring: none once `free` has come to the third one after that of `sent`, which
        # leaves more than a byte. Once all before a block is sent it does not reach so far: it has at most 256 bytes.
        quarters, room = Signal(2), Signal()
        m.d.comb += quarters.eq(free[-2:] - sent[-2:])
        m.d.sync += room.eq(~quarters.all())

        def end_block() -> None:
            m.d.comb += [write.addr.eq(place), write.data.eq(code), write.en.eq(1)]
            m.d.sync += [place.eq(free), free.eq(free + 1), code.eq(1)]

        with m.FSM():
            with m.State("bytes"):
                m.d.comb += self.frame.ready.eq(room)
                with m.If(self.frame.valid & room):
                    with m.If(self.frame.payload.data == 0):
                        end_block()
                    with m.Else():
                        m.d.comb += [write.addr.eq(free), write.data.eq(self.frame.payload.data), write.en.eq(1)]
                        m.d.sync += [free.eq(free + 1), code.eq(code + 1)]
                    with m.If(self.frame.payload.last):
                        m.next = "last block"
                    with m.Elif((code == LONGEST - 1) & (self.frame.payload.data != 0)):
                        m.next = "full block"
            with m.State("full block"):
                with m.If(room):
                    end_block()
                    m.next = "bytes"
            with m.State("last block"):
                with m.If(room):
                    end_block()
                    m.next = "delimiter"
            with m.State("delimiter"):
                with m.If(room):
                    m.d.comb += [write.addr.eq(place), write.data.eq(0), write.en.eq(1)]
                    m.d.sync += [place.eq(free), free.eq(free + 1)]
                    m.next = "bytes"

        offer_words(m, ring, self.encoded, given=sent, limit=place)
        return m
