"""What is counted of the sample memory's traffic, since a network was configured."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.store.sample_store import EVENTS_LAYOUT

COUNT_BITS = 64


class Traffic(Component):
    """Counts events modulo 2^64, words as `word_bytes` each.

    Members: `events`; `clear`, one cycle; `counts`, bytes read, bytes written, refreshes, cycles that the engine has waited.
    """

    events: In(EVENTS_LAYOUT)
    word_bytes: In(3)
    clear: In(1)
    counts: Out(COUNT_BITS * len(EVENTS_LAYOUT.members))

    def elaborate(self, platform) -> Module:
        m = Module()
        counts = []
        for name, _ in EVENTS_LAYOUT:
            count = Signal(COUNT_BITS, name=f"count_{name}")
            with m.If(self.clear):
                m.d.sync += count.eq(0)
            with m.Elif(self.events[name]):
                m.d.sync += count.eq(count + (self.word_bytes if name in ("read", "written") else 1))
            counts.append(count)
        m.d.comb += self.counts.eq(Cat(*counts))
        return m
