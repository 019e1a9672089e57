"""A frame passes only if its CRC matches and its length is that of its header; the CRC sees each of its bytes once.

What the CRC is, is the claim `crc`: here a stand-in says at will whether it matches, and what it is given is watched.
A planted bug is looked for with a header of two bytes, the length alone, because such frames end sooner.
"""

import struct

from amaranth.hdl import Assert, Assume, Elaboratable, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.frames import CRC, HEADER

NAME = "hw.link.receiver"
COUNT_BITS = 17
LENGTH = struct.Struct("<H")


class AnyCrc(Component):
    """The ports of `hw.link.crc.Crc32`; it matches when the harness likes."""

    def __init__(self) -> None:
        super().__init__({"start": In(1), "valid": In(1), "data": In(4), "match": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        free(m, self.match)
        return m


class FrameCheckHarness(Elaboratable):
    """The block beside a count of the frame's bytes and the length that its header tells."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.module = bug, copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        inner: list[AnyCrc] = []

        def seen_crc() -> AnyCrc:
            inner.append(AnyCrc())
            return inner[-1]

        header = HEADER if self.bug is None else LENGTH
        length_at = header.size - LENGTH.size
        self.module.Crc32, self.module.HEADER = seen_crc, header
        block = self.module.FrameCheck()
        m.submodules.block = elaborated = Elaborated(self.module, block)
        (crc,) = inner
        token, checked = block.tokens, block.checked
        for each in (token.valid, token.payload.as_value(), checked.ready):
            free(m, each)
        waits, waiting = Signal(), Signal(10)
        m.d.sync += [waits.eq(token.valid & ~token.ready), waiting.eq(token.payload.as_value())]
        m.d.comb += Assume(~waits | (token.valid & (token.payload.as_value() == waiting)))

        data, end = token.payload.data, token.payload.end
        taken, most = token.valid & token.ready, (1 << COUNT_BITS) - 1
        count, length, half = Signal(COUNT_BITS), Signal(16), Signal()
        with m.If(taken & end):
            m.d.sync += [count.eq(0), length.eq(0)]
        with m.Elif(taken):
            m.d.sync += count.eq(Mux(count == most, most, count + 1))
            for byte in range(2):
                with m.If(count == length_at + byte):
                    m.d.sync += length.word_select(byte, 8).eq(data)
        with m.If(crc.valid):
            m.d.sync += half.eq(~half)
        m.d.comb += [
            # bytes and ends pass as they come
            Assert((checked.valid & checked.ready) == taken),
            Assert(~checked.valid | ((checked.payload.data == data) & (checked.payload.end == end))),
            # the CRC sees the lower half of each byte, then the upper one as the byte goes; it begins anew after an end
            Assert(~crc.valid | (token.valid & ~end & (crc.data == Mux(half, data[4:], data[:4])))),
            Assert((taken & ~end) == (crc.valid & half)),
            Assert(crc.start == (taken & end)),
            Assert(~(token.valid & end) | ~half),
            # what the end says
            Assert(
                ~(checked.valid & end)
                | (checked.payload.error == (token.payload.error | ~crc.match | (count != header.size + CRC.size + length)))
            ),
        ]
        # a byte that nobody keeps waiting goes after two cycles, an end at once
        m.d.comb += Assert(~(token.valid & checked.ready & (end | half)) | taken)
        if self.bug is None:
            high, index, left = (elaborated.inside[name] for name in ("high", "index", "left"))
            rest = (length + header.size - count).as_signed()
            m.d.comb += [
                Assert(high == half),
                Assert(~half | (token.valid & ~end)),
                Assert(index == Mux(count < header.size, count, header.size)),
                Assert((count >= header.size) | (left == Mux(count > length_at, length, 0))),
                Assert((count >= header.size) | (count > length_at) | (length == 0)),
                Assert((count < header.size) | (left.as_signed() == Mux(rest < -5, -5, rest))),
            ]
        return m


CLAIMS = (
    Claim(
        name="frame-check",
        about="a frame passes only if its CRC matches and its length is the header's; the CRC sees each byte once, in order",
        harness=FrameCheckHarness,
        depth=4,
        bug_depth=16,  # a frame of seven bytes, whose length is read the wrong way round
        bugs=(
            Bug(NAME, "token.error | ~crc.match | ~complete", "token.error | ~crc.match"),
            Bug(NAME, "token.error | ~crc.match | ~complete", "token.error | ~complete"),
            Bug(NAME, "token.error | ~crc.match | ~complete", "~crc.match | ~complete"),
            Bug(NAME, "& left[2] & ~left[1] & ~left[0]", "& left[2]"),
            Bug(NAME, "index == HEADER.size - 2 + i", "index == HEADER.size - 1 - i"),
            Bug(NAME, "m.d.comb += crc.start.eq(1)", "m.d.comb += crc.start.eq(0)"),
            Bug(
                NAME,
                "Mux(high, token.data[NIBBLE:], token.data[:NIBBLE])",
                "Mux(high, token.data[:NIBBLE], token.data[NIBBLE:])",
            ),
            Bug(NAME, "(self.checked.ready | ~high)", "1"),
            Bug(NAME, "self.checked.ready & (token.end | high)", "self.checked.ready"),
        ),
    ),
)
