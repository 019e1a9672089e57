"""The draw of a row's thresholds (clauses 9 and 10): one step of the random word, one look into the layer's table."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.complement import reaches
from hw.engine_ports import TABLE_LAYOUT
from hw.learning.error_scan import item_layout
from hw.learning.error_store import neuron_bits
from hw.memory import add_memory, read_word
from sw.contract import prng
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import DEFAULT_PRNG, MAX_LAYERS
from sw.contract.table import ENTRIES


def xorshift(x: Value) -> Value:
    """The word after `x` (`sw.contract.prng.step`). Combinational."""
    for shift in prng.SHIFTS:
        shifted = x.shift_left(shift)[: len(x)] if shift > 0 else x.shift_right(-shift)
        x = x ^ shifted
    return x


def draw_layout(geometry: Geometry) -> data.StructLayout:
    """A row and what is to be done to it: nothing (neither `learn` nor `relax`), or a token of either kind or both."""
    return data.StructLayout(
        {
            "neuron": neuron_bits(geometry),
            "negative": 1,
            "last": 1,
            "learn": 1,
            "relax": 1,
            "toward": 8,
            "away": 8,
        }
    )


class DrawSettings(wiring.Signature):
    """How to draw, steady while items pass; seen from the learner.

    Members
    -------
    enable : draw; otherwise an item that is active passes as one to learn, for what it says is its error
    layer, relax_rate : index (0…3) and rate of the layer that is being learned
    """

    def __init__(self) -> None:
        super().__init__({"enable": Out(1), "layer": Out(bits_for(MAX_LAYERS - 1)), "relax_rate": Out(unsigned(17))})


class Draw(wiring.Component):
    """Draws for every active item; items that aren't active pass without a draw. One item a cycle, latency three: the word, the
    memory, and a register, for the memory is slow to answer.

    Members
    -------
    settings : of the learner
    items, draws : what the scan found, and what is to be done
    prng : the random word; `prng_write` with `prng_value` sets it
    drawn : pulses with every step of the random word
    table : one byte of a table at a time, while nothing is being learned; those of thresholds are taken
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "settings": In(DrawSettings()),
                "items": In(stream.Signature(item_layout(geometry))),
                "draws": Out(stream.Signature(draw_layout(geometry))),
                "prng": Out(unsigned(32), init=DEFAULT_PRNG),
                "prng_write": In(1),
                "prng_value": In(unsigned(32)),
                "drawn": Out(1),
                "table": In(stream.Signature(TABLE_LAYOUT)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        settings = self.settings
        tables = add_memory(m, "tables", shape=data.ArrayLayout(8, 2), depth=MAX_LAYERS * ENTRIES)
        write = tables.write_port(granularity=1)
        m.d.comb += [
            self.table.ready.eq(1),
            write.addr.eq(self.table.payload.address[1:]),
            write.data[0].eq(self.table.payload.value),
            write.data[1].eq(self.table.payload.value),
            write.en.eq(
                Mux(self.table.valid & ~self.table.payload.address[-1], Mux(self.table.payload.address[0], 0b10, 0b01), 0)
            ),
        ]

        advance = ~self.draws.valid | self.draws.ready
        stepped = Signal(item_layout(self.geometry))
        looked_up = Signal(item_layout(self.geometry))
        stepped_valid = Signal()
        looked_up_valid = Signal()
        relaxes = Signal()
        m.d.comb += [
            self.items.ready.eq(advance),
            self.drawn.eq(self.items.valid & advance & self.items.payload.active & settings.enable),
        ]
        with m.If(self.prng_write):
            m.d.sync += self.prng.eq(self.prng_value)
        with m.Elif(self.drawn):
            m.d.sync += self.prng.eq(xorshift(self.prng))
        with m.If(advance):
            m.d.sync += [
                stepped.eq(self.items.payload),
                stepped_valid.eq(self.items.valid),
                looked_up.eq(stepped),
                looked_up_valid.eq(stepped_valid),
                relaxes.eq(~reaches(Cat(self.prng[:16], C(0, 1)), ~settings.relax_rate)),
            ]
        # What waits is read again, for the memory is one that cannot hold its word (`hw.memory`).
        entry = Signal(8)
        held = Signal(8)
        m.d.comb += entry.eq(Mux(advance, self.prng[24:], held))
        m.d.sync += held.eq(entry)
        toward, away = read_word(m, tables, address=Cat(entry, settings.layer))
        draw = self.draws.payload
        active = Signal()
        m.d.comb += draw.learn.eq(active & (draw.toward.any() | draw.away.any() | ~settings.enable))
        with m.If(advance):
            m.d.sync += [
                self.draws.valid.eq(looked_up_valid),
                active.eq(looked_up.active),
                draw.neuron.eq(looked_up.neuron),
                draw.negative.eq(looked_up.negative),
                draw.last.eq(looked_up.last),
                draw.relax.eq(looked_up.active & relaxes & settings.enable),
                draw.toward.eq(toward),
                draw.away.eq(away),
            ]
        return m
