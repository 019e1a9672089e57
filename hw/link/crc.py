"""CRC-32 (zlib's, reflected, polynomial 0xEDB88320), half a byte a cycle: a third of the logic of a byte a cycle."""

import zlib

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out

POLYNOMIAL = 0xEDB88320
RESIDUE = zlib.crc32(b"\0\0\0\0") ^ 0xFFFFFFFF
"""What is left in the register after any message and its CRC: as after no message, whose CRC is zero."""
NIBBLE = 4


class Crc32(Component):
    """The CRC of the half bytes since `start`, the lower half of a byte first.

    Members
    -------
    start : one cycle: begin anew
    valid, data : half a byte
    rest : the register. Inverted, it is the CRC of what has come; when `data` is its own lowest half byte it shifts, so
        that the CRC can be sent from its lowest byte
    match : what has come ends with its own CRC
    """

    start: In(1)
    valid: In(1)
    data: In(NIBBLE)
    rest: Out(32, init=0xFFFFFFFF)
    match: Out(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        value = self.rest
        for bit in range(NIBBLE):
            # Signals: an expression would be written out again wherever it is used, 32 times for every bit.
            tap, shifted = Signal(name=f"tap_{bit}"), Signal(32, name=f"shifted_{bit}")
            m.d.comb += tap.eq(value[0] ^ self.data[bit])
            m.d.comb += shifted.eq(Cat(value[1:], 0) ^ (tap.replicate(32) & POLYNOMIAL))
            value = shifted
        with m.If(self.start):
            m.d.sync += self.rest.eq(~0)
        with m.Elif(self.valid):
            m.d.sync += self.rest.eq(value)
        m.d.comb += self.match.eq(self.rest == RESIDUE)
        return m
