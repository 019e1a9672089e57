"""The CRC of half bytes is the textbook's, a bit at a time from the highest; a message with its own CRC is recognised."""

from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Elaboratable, Module, Mux, Signal, Value

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, copy_of

NAME = "hw.link.crc"
POLYNOMIAL = 0x04C11DB7  # of IEEE 802.3, not reflected
NIBBLES = 8


class CrcHarness(Elaboratable):
    """The block beside the textbook's register; now and then what comes is the CRC of what came before."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.block = bug, copy_of(NAME, bug).Crc32()

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.block = block = self.block
        register = Signal(32, init=0xFFFFFFFF)
        now = register
        for bit in range(4):
            now = (now << 1)[:32] ^ Mux(now[31] ^ block.data[bit], POLYNOMIAL, 0)
        with m.If(block.start):
            m.d.sync += register.eq(0xFFFFFFFF)
        with m.Elif(block.valid):
            m.d.sync += register.eq(now)
        m.d.comb += Assert(block.rest == register[::-1])

        # from here on the CRC comes, half a byte after the other, its lowest first; then the block has to know it
        begins, closing, own = Signal(), Signal(), Signal(32)
        sent = Signal(range(NIBBLES + 1))
        free(m, block.valid)
        free(m, begins)
        with m.If(closing):
            m.d.comb += block.data.eq(own.word_select(sent, 4))
            with m.If(block.valid):
                m.d.sync += sent.eq(sent + 1)
            with m.If(sent == NIBBLES):
                m.d.comb += Assert(block.match)
                m.d.sync += closing.eq(0)
        with m.Else():
            free(m, block.data)
            m.d.comb += block.start.eq(AnySeq(1))
            with m.If(begins & ~block.start & ~block.valid):
                m.d.sync += [closing.eq(1), own.eq(~block.rest), sent.eq(0)]
        if self.bug is None:
            m.d.comb += Assert(~closing | (sent <= NIBBLES) & (block.rest == after(own, sent)))
        return m


def after(own: Value, sent: Value) -> Value:
    """For the induction: the register when some half bytes of the CRC `own` have come; the rest of it, and constants."""
    constants, value = [], 0
    for bit in range(4 * NIBBLES + 1):
        if bit % 4 == 0:
            constants.append(value)
        value = (value >> 1) ^ (0 if value & 1 else 0xEDB88320)
    return Array((~own >> 4 * i)[:32] ^ constant if i < NIBBLES else constant for i, constant in enumerate(constants))[sent]


CLAIMS = (
    Claim(
        name="crc",
        about="the register is that of CRC-32 by the bit; a message followed by its CRC matches",
        harness=CrcHarness,
        depth=12,
        bugs=(
            Bug(NAME, "self.data[bit]", "self.data[NIBBLE - 1 - bit]"),
            Bug(NAME, "0xEDB88320\nRESIDUE", "0xEDB88328\nRESIDUE"),
            Bug(NAME, "self.rest.eq(~0)", "self.rest.eq(0)"),
            Bug(NAME, r'zlib.crc32(b"\0\0\0\0") ^ 0xFFFFFFFF', r'zlib.crc32(b"\0\0\0\0")'),
        ),
    ),
)
