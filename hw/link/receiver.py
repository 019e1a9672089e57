"""From the bytes of the wire to whole, checked frames."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ETHERNET
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.cobs import CobsDecoder
from hw.link.frame_buffer import FrameBuffer
from hw.link.tokens import FRAME_TOKEN, LAST_BYTE
from sw.contract.frames import CRC, HEADER, OVERHEAD


class FrameCheck(Component):
    """Marks frames whose CRC-32 or length is wrong, and takes the CRC off. One token a cycle, no latency but 4 bytes.

    The right length is that of the header's last field and `OVERHEAD`. Members: `tokens`, `checked`: `FRAME_TOKEN`.
    """

    tokens: In(stream.Signature(FRAME_TOKEN))
    checked: Out(stream.Signature(FRAME_TOKEN))

    def elaborate(self, platform) -> Module:
        m = Module()
        token, checked = self.tokens.payload, self.checked.payload
        m.submodules.crc32 = crc = CRC32_ETHERNET(data_width=8).create()

        # The last four bytes are held back, for they are the CRC if the frame ends now.
        held = Signal(8 * CRC.size)
        count = Signal(17)  # of the frame's bytes; stops at its highest value, which no length asks for
        length = Signal(16)
        emits = Signal()
        m.d.comb += [
            emits.eq(token.end | (count >= CRC.size)),
            self.tokens.ready.eq(self.checked.ready | ~emits),
            self.checked.valid.eq(self.tokens.valid & emits),
            checked.data.eq(held[-8:]),
            checked.end.eq(token.end),
            checked.error.eq(token.error | ~crc.match_detected | (count != length + OVERHEAD)),
        ]
        with m.If(self.tokens.valid & self.tokens.ready):
            with m.If(token.end):
                m.d.comb += crc.start.eq(1)
                m.d.sync += count.eq(0)
            with m.Else():
                m.d.comb += [crc.valid.eq(1), crc.data.eq(token.data)]
                m.d.sync += held.eq(Cat(token.data, held))
                with m.If(~count.all()):
                    m.d.sync += count.eq(count + 1)
                for i in range(2):
                    with m.If(count == HEADER.size - 2 + i):
                        m.d.sync += length.word_select(i, 8).eq(token.data)
        return m


class Receiver(Component):
    """Only whole, valid frames leave, without their CRC; the others leave no trace.

    Takes a byte every cycle, whatever comes; latency about 8 cycles from the delimiter to the frame's first byte.

    Parameters
    ----------
    buffer_bytes : room for frames that wait, a power of two

    Members
    -------
    encoded : bytes from the wire; always ready
    frames : `LAST_BYTE` of header and payload
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
