"""Event and cycle counters, readable over the link."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.engine_signature import COUNTERS_LAYOUT, EVENTS_LAYOUT


class Counters(wiring.Component):
    """Counts the cycles in which each of `events` is set.

    `clear` zeroes all. They wrap after 2^48 - 1: at 100 MHz, after a month.
    """

    def __init__(self) -> None:
        super().__init__({"clear": In(1), "events": In(EVENTS_LAYOUT), "counters": Out(COUNTERS_LAYOUT)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, _ in COUNTERS_LAYOUT:
            m.d.sync += self.counters[name].eq(self.counters[name] + self.events[name])
        with m.If(self.clear):
            m.d.sync += self.counters.as_value().eq(0)
        return m
