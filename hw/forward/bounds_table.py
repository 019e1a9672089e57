"""Gates and windows of hidden layers by their number of valid inputs (clause 5), as the host has told them."""

from amaranth.hdl import Cat, Module, Mux, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import TABLE_LAYOUT
from hw.memory import add_memory, read_word
from sw.contract.geometry import Geometry, bits_for

LUT_WORDS = 256
"""Words of 16 bits up to which the table is made of LUTs: boards for small networks have no block left for it."""


class BoundsTable(wiring.Component):
    """A memory of 16 bits, two words an entry: its gate and its window.

    Members
    -------
    table : one byte of a table at a time, while no layer is normalised; those of gates and windows are taken
    entry, second : what is read, an entry's gate or its window
    word : of which, one cycle later, both are the lowest bits
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "table": In(stream.Signature(TABLE_LAYOUT)),
                "entry": In(bits_for(geometry.bounds_entries - 1)),
                "second": In(1),
                "word": Out(unsigned(16)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth, address = 2 * self.geometry.bounds_entries, self.table.payload.address
        style = None if self.geometry.memory_ports == 1 else "distributed" if depth <= LUT_WORDS else "block"
        memory = add_memory(m, "words", shape=data.ArrayLayout(8, 2), depth=depth, style=style)
        write = memory.write_port(granularity=1)
        m.d.comb += [
            self.table.ready.eq(1),
            write.addr.eq(address[1:]),
            write.data.eq(self.table.payload.value.replicate(2)),
            write.en.eq(Mux(self.table.valid & address[-1], Mux(address[0], 0b10, 0b01), 0)),
            self.word.eq(read_word(m, memory, address=Cat(self.second, self.entry)).as_value()),
        ]
        return m
