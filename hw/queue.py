"""A first-in first-out memory."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.memory import add_memory, offer_words


class Queue(wiring.Component):
    """Holds at least `room` words of `width` bits. One a cycle in and out, latency 2 cycles.

    `style`: a wish of where its memory goes (`hw.memory.add_memory`).
    Members: `pushed`, `popped`: streams in and out.
    """

    def __init__(self, *, width: int, room: int, style: str | None = None) -> None:
        self.width, self.place_bits, self.style = width, max(1, (room - 1).bit_length()), style
        super().__init__({"pushed": In(stream.Signature(width)), "popped": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        memory = add_memory(m, "memory", shape=self.width, depth=1 << self.place_bits, style=self.style)
        write = memory.write_port()
        written = Signal(self.place_bits + 1)
        read = Signal(self.place_bits + 1)
        m.d.comb += [
            self.pushed.ready.eq((written ^ read) != 1 << self.place_bits),
            write.addr.eq(written),
            write.data.eq(self.pushed.payload),
            write.en.eq(self.pushed.valid & self.pushed.ready),
        ]
        with m.If(write.en):
            m.d.sync += written.eq(written + 1)
        offer_words(m, memory, self.popped, given=read, limit=written)
        return m
