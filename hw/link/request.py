"""Takes frames apart: the header at once, then the payload as a stream, then nothing until the request is done."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.link.frame_layouts import LAST_BYTE
from sw.contract import frames

NONCE_AT, LENGTH_AT = frames.HEADER.offset("nonce"), frames.HEADER.offset("length")


class RequestReader(Component):
    """Header and payload of one frame after the other. 10 cycles for the header, then a byte of payload a cycle.

    Members
    -------
    frames : `LAST_BYTE` of whole frames, with their CRC
    nonce : what the header's nonce is compared with
    valid : a header has been read, and the members below tell it, until `done`
    kind, sequence : its type and sequence number
    other_version, other_nonce : they are not this board's
    left : bytes of the payload that have not been taken; all of them, to begin with
    payload : these bytes
    done : one cycle: the request has been worked on; what is left of it is thrown away
    """

    frames: In(stream.Signature(LAST_BYTE))
    nonce: In(32)
    valid: Out(1)
    kind: Out(8)
    sequence: Out(16)
    other_version: Out(1)
    other_nonce: Out(1)
    left: Out(16)
    payload: Out(stream.Signature(8))
    done: In(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        byte = self.frames.payload
        index = Signal(range(frames.HEADER.size))
        front = Cat(self.kind, self.sequence)
        any_left = Signal()  # `left` is not zero: told by a flip-flop, for what is decided by it is far away
        m.d.comb += self.payload.payload.eq(byte.data)
        with m.FSM():
            with m.State("header"):
                m.d.comb += self.frames.ready.eq(1)
                with m.If(self.frames.valid):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == 0):
                        m.d.sync += [self.other_version.eq(byte.data != frames.VERSION), self.other_nonce.eq(0)]
                    with m.Elif(index < NONCE_AT):
                        m.d.sync += front.eq(Cat(front[8:], byte.data))
                    with m.Elif(index < LENGTH_AT):
                        with m.If(byte.data != self.nonce.word_select(index[:2], 8)):
                            m.d.sync += self.other_nonce.eq(1)
                    with m.Else():
                        length = Cat(self.left[8:], byte.data)
                        m.d.sync += [self.left.eq(length), any_left.eq(length.any())]
                    with m.If(index == frames.HEADER.size - 1):
                        m.d.sync += index.eq(0)
                        m.next = "payload"
            with m.State("payload"):
                m.d.comb += [
                    self.valid.eq(1),
                    self.payload.valid.eq(self.frames.valid & any_left),
                    self.frames.ready.eq(self.payload.ready & any_left),
                ]
                with m.If(self.frames.valid & self.frames.ready):
                    m.d.sync += [self.left.eq(self.left - 1), any_left.eq(self.left != 1)]
                with m.If(self.done):
                    m.next = "rest"
            with m.State("rest"):
                m.d.comb += self.frames.ready.eq(1)
                with m.If(self.frames.valid & byte.last):
                    m.next = "header"
        return m
