"""From the bytes of the wire to whole, checked frames."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.cobs import CobsDecoder
from hw.link.crc import NIBBLE, Crc32
from hw.link.frame_buffer import FrameBuffer
from hw.link.frame_layouts import FRAME_TOKEN, LAST_BYTE
from sw.contract.frames import HEADER


class FrameCheck(Component):
    """Marks frames whose CRC-32 or length is wrong. A byte in two cycles, no latency.

    The right length is that of the header's last field and `OVERHEAD`. Members: `tokens`, `checked`: `FRAME_TOKEN`.
    """

    tokens: In(stream.Signature(FRAME_TOKEN))
    checked: Out(stream.Signature(FRAME_TOKEN))

    def elaborate(self, platform) -> Module:
        m = Module()
        token, checked = self.tokens.payload, self.checked.payload
        m.submodules.crc32 = crc = Crc32()
        high = Signal()  # the byte's upper half is at work
        index = Signal(range(HEADER.size + 1))  # of the byte in the header, then of what follows
        left = Signal(17)  # bytes of the payload that are to come; below zero, the CRC's, of which there must be four
        behind = left[16] & ~left[2]  # -5: there are more
        complete = (index == HEADER.size) & left[16] & left[2] & ~left[1] & ~left[0]  # -4
        m.d.comb += [
            self.tokens.ready.eq(self.checked.ready & (token.end | high)),
            self.checked.valid.eq(self.tokens.valid & (token.end | high)),
            checked.data.eq(token.data),
            checked.end.eq(token.end),
            checked.error.eq(token.error | ~crc.match | ~complete),
            crc.valid.eq(self.tokens.valid & ~token.end & (self.checked.ready | ~high)),
            crc.data.eq(Mux(high, token.data[NIBBLE:], token.data[:NIBBLE])),
        ]
        with m.If(crc.valid):
            m.d.sync += high.eq(~high)
        with m.If(self.tokens.valid & self.tokens.ready):
            with m.If(token.end):
                m.d.comb += crc.start.eq(1)
                m.d.sync += [index.eq(0), left.eq(0)]
            with m.Elif(index != HEADER.size):
                m.d.sync += index.eq(index + 1)
                for i in range(2):
                    with m.If(index == HEADER.size - 2 + i):
                        m.d.sync += left.word_select(i, 8).eq(token.data)
            with m.Elif(~behind):
                m.d.sync += left.eq(left - 1)
        return m


class Receiver(Component):
    """Only whole, valid frames leave; the others leave no trace.

    Takes a byte in two cycles, whatever comes; latency about 8 cycles from the delimiter to the frame's first byte.

    Parameters
    ----------
    buffer_bytes : room for frames that wait, a power of two

    Members
    -------
    encoded : bytes from the wire
    frames : `LAST_BYTE` of header, payload and CRC
    bad_frame : one cycle: a frame was dropped: COBS, CRC or length wrong, or no room
    """

    encoded: In(stream.Signature(8))
    frames: Out(stream.Signature(LAST_BYTE))
    bad_frame: Out(1)

    def __init__(self, buffer_bytes: int) -> None:
        self.buffer_bytes = buffer_bytes
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.decoder = decoder = CobsDecoder()
        m.submodules.check = check = FrameCheck()
        m.submodules.buffer = buffer = FrameBuffer(self.buffer_bytes)
        connect(m, flipped(self.encoded), decoder.encoded)
        connect(m, decoder.decoded, check.tokens)
        connect(m, check.checked, buffer.tokens)
        connect(m, buffer.frames, flipped(self.frames))
        m.d.comb += self.bad_frame.eq(buffer.dropped)
        return m
