"""The configuration registers: one long word that CONFIGURE shifts in, byte by byte."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import CONFIGURATION_LAYOUT
from sw.contract.registers import CONFIGURATION_BYTES


class Configuration(wiring.Component):
    """Takes exactly `CONFIGURATION_BYTES` bytes from `source`; `loaded` pulses after the last one.

    `configured` from then on, until `reset`.
    """

    source: In(stream.Signature(8))
    reset: In(1)
    registers: Out(CONFIGURATION_LAYOUT)
    configured: Out(1)
    loaded: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(range(CONFIGURATION_BYTES))
        word = self.registers.as_value()
        m.d.comb += self.source.ready.eq(1)
        m.d.sync += self.loaded.eq(0)
        with m.If(self.source.valid):
            m.d.sync += [word.eq(Cat(word[8:], self.source.payload)), count.eq(count + 1)]
            with m.If(count == CONFIGURATION_BYTES - 1):
                m.d.sync += [count.eq(0), self.configured.eq(1), self.loaded.eq(1)]
        with m.If(self.reset):
            m.d.sync += [self.configured.eq(0), count.eq(0)]
        return m
