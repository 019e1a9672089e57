"""The decoder gives what the definition of COBS says of any bytes: a place is counted for the next code, not what is left."""

from amaranth.hdl import Assert, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of

NAME = "hw.link.cobs"
LONGEST = 255
PLACE_BITS = 9  # places are compared only, and a code is less than 256 bytes away


class CobsDecoderHarness(Elaboratable):
    """The decoder beside the place of the byte that comes and the place at which the next code stands."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.module = bug, copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.module.CobsDecoder()
        m.submodules.block = elaborated = Elaborated(self.module, block)
        encoded, decoded = block.encoded, block.decoded
        for each in (encoded.valid, encoded.payload, decoded.ready):
            free(m, each)
        place, next_code = Signal(PLACE_BITS), Signal(PLACE_BITS)
        begun, last_code = Signal(), Signal(8)
        valid, data, end, error = Signal(), Signal(8), Signal(), Signal()  # what the block has to give

        byte = encoded.payload
        with m.If(encoded.valid & encoded.ready):
            m.d.sync += [begun.eq(1), place.eq(place + 1), valid.eq(1), end.eq(0), error.eq(0), data.eq(byte)]
            with m.If(byte == 0):
                m.d.sync += [valid.eq(begun), end.eq(1), error.eq(place != next_code)]
                m.d.sync += [begun.eq(0), place.eq(0), next_code.eq(0)]
            with m.Elif(place == next_code):
                m.d.sync += [valid.eq(begun & (last_code != LONGEST)), data.eq(0)]
                m.d.sync += [next_code.eq(place + byte), last_code.eq(byte)]
        with m.Elif(decoded.ready):
            m.d.sync += valid.eq(0)
        token = decoded.payload
        m.d.comb += [
            Assert(decoded.valid == valid),
            Assert(~valid | (token.end == end)),
            Assert(~(valid & end) | (token.error == error)),
            Assert(~(valid & ~end) | (token.data == data)),
            Assert(encoded.ready == (~decoded.valid | decoded.ready)),
        ]
        if self.bug is None:
            inside = elaborated.inside
            m.d.comb += [
                Assert(inside["left"] == (next_code - place)[:PLACE_BITS]),
                Assert(inside["inside"] == begun),
                Assert(inside["zero_due"] == (begun & (last_code != LONGEST))),
                Assert(begun | ((place == 0) & (next_code == 0))),
            ]
        return m


CLAIMS = (
    Claim(
        name="cobs-decoder",
        about="any bytes are decoded as the definition says, once and in order; an end inside a block is an error",
        harness=CobsDecoderHarness,
        depth=8,
        bugs=(
            Bug(NAME, "token.error.eq(left != 0)", "token.error.eq(0)"),
            Bug(NAME, "self.decoded.valid.eq(zero_due)", "self.decoded.valid.eq(1)"),
            Bug(NAME, "left.eq(self.encoded.payload - 1)", "left.eq(self.encoded.payload)"),
            Bug(NAME, "inside.eq(0), left.eq(0), zero_due.eq(0)", "inside.eq(0), left.eq(0)"),
            Bug(NAME, "inside.eq(0), left.eq(0), zero_due.eq(0)", "inside.eq(0), zero_due.eq(0)"),
            Bug(NAME, "self.decoded.valid.eq(inside)", "self.decoded.valid.eq(1)"),
            Bug(NAME, "self.encoded.ready.eq(~self.decoded.valid | self.decoded.ready)", "self.encoded.ready.eq(1)"),
        ),
    ),
)
