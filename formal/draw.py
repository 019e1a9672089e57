"""Every active row draws once (clauses 9 and 10), and what is drawn belongs to its row, however often the reader waits.

The table's memory is taken away: what it gives is free, but the same for the same place, and the place is looked at. The
layer, its rate and `enable` are anything, but steady; the random word is set freely before the first row comes.
"""

from typing import Any

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of
from hw.learning.error_scan import item_layout
from sw.contract.geometry import Geometry

NAME = "hw.learning.draw"
GEOMETRY = Geometry(columns=4, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=1, slices=2)


class DrawHarness(Elaboratable):
    """The block beside the rows that are inside, each with the random word that was drawn for it."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.module = bug, copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m, layout = clocked_module(), item_layout(GEOMETRY)
        pair, place, place_before = Signal(data.ArrayLayout(8, 2)), Signal(10), Signal(10)

        def free_word(_m: Module, _memory: Any, *, address: Any) -> Any:
            """Any pair, and again the same where the memory is read where it was read before."""
            m.d.comb += place.eq(address)
            return pair

        self.module.read_word = free_word
        m.d.sync += place_before.eq(place)
        with m.If(place != place_before):
            m.d.sync += pair.as_value().eq(AnySeq(16))
        block = self.module.Draw(GEOMETRY)
        m.submodules.block = elaborated = Elaborated(self.module, block)
        items, draws, settings = block.items, block.draws, block.settings
        for each in (items.valid, items.payload.as_value(), draws.ready):
            free(m, each)
        for each in (settings.enable, settings.layer, settings.relax_rate):
            m.d.comb += each.eq(AnyConst(len(each)))
        m.d.comb += Assume(settings.relax_rate <= 65536)
        accepted, has_come = Signal(), Signal()
        m.d.comb += [
            accepted.eq(items.valid & items.ready),
            block.prng_value.eq(AnySeq(32)),
            block.prng_write.eq(AnySeq(1) & ~has_come & ~items.valid),
            Assume(~block.prng_write | (block.prng_value != 0)),
        ]
        with m.If(accepted):
            m.d.sync += has_come.eq(1)

        # the rows inside: `first` is at the reader, `second` behind it, `third` behind that
        draws_now = accepted & items.payload.active & settings.enable
        drawn = Mux(draws_now, stepped(block.prng), block.prng)
        third, second, first = Signal(), Signal(), Signal()
        third_item, second_item, first_item = Signal(layout), Signal(layout), Signal(layout)
        third_word, second_word, first_word = Signal(32), Signal(32), Signal(32)
        first_pair = Signal.like(pair)
        moves = ~draws.valid | draws.ready
        with m.If(moves):
            m.d.sync += [first.eq(second), first_item.eq(second_item), first_word.eq(second_word), first_pair.eq(pair)]
            m.d.sync += [second.eq(third), second_item.eq(third_item), second_word.eq(third_word)]
            m.d.sync += [third.eq(accepted), third_item.eq(items.payload), third_word.eq(drawn)]
        word, previous = Signal(32), Signal()
        m.d.sync += [word.eq(Mux(block.prng_write, block.prng_value, drawn)), previous.eq(1)]
        m.d.comb += [
            Assert(items.ready == moves),
            Assert(block.drawn == draws_now),
            Assert(~previous | (block.prng == word)),
            Assert(draws.valid == first),
            Assert(~first & ~second & ~third | has_come),
        ]

        told: Any = draws.payload
        draws_row = first_item.active & settings.enable
        relaxes = first_word[:16] < settings.relax_rate
        same_row = Cat(told[name] == first_item[name] for name in ("neuron", "negative", "last")).all()
        m.d.comb += [
            Assert(~first | same_row),
            Assert(~first | (told.relax == (draws_row & relaxes))),
            Assert(~third | ~moves | (place == Cat(third_word[24:], settings.layer))),
            Assert(~second | moves | (place == Cat(second_word[24:], settings.layer))),
            Assert(~first | ((told.toward == first_pair[0]) & (told.away == first_pair[1]))),
            Assert(~first | (told.learn == (first_item.active & (~settings.enable | told.toward.any() | told.away.any())))),
        ]
        if self.bug is None:
            inside = elaborated.inside
            held = inside["held"]
            m.d.comb += [
                Assert((inside["stepped_valid"] == third) & (inside["looked_up_valid"] == second)),
                Assert(~third | (inside["stepped"].as_value() == third_item.as_value())),
                Assert(~third | (block.prng == third_word)),
                Assert(~second | (inside["looked_up"].as_value() == second_item.as_value())),
                Assert(~second | (inside["relaxes"] == (second_word[:16] < settings.relax_rate))),
                Assert(~first | (inside["active"] == first_item.active)),
                Assert(~second | (place_before == Cat(held, settings.layer)) & (held == second_word[24:])),
            ]
        return m


def stepped(x: Value) -> Value:
    """Clause 9."""
    x = x ^ (x << 13)[:32]
    x = x ^ (x >> 17)
    return x ^ (x << 5)[:32]


CLAIMS = (
    Claim(
        name="draw",
        about="every active row steps the random word once; its thresholds and its relaxation are those of its word",
        harness=DrawHarness,
        depth=6,
        bugs=(
            Bug(NAME, "self.items.payload.active & settings.enable)", "settings.enable)"),
            Bug(NAME, "self.items.valid & advance & ", "self.items.valid & "),
            Bug(NAME, "~reaches(Cat(self.prng[:16], C(0, 1)), ~settings.relax_rate)", "self.prng[:16] <= settings.relax_rate"),
            Bug(NAME, "Mux(advance, self.prng[24:], held)", "self.prng[24:]"),
            Bug(NAME, "Mux(advance, self.prng[24:], held)", "Mux(advance, self.prng[23:31], held)"),
            Bug(NAME, "looked_up.active & relaxes & settings.enable", "relaxes & settings.enable"),
        ),
    ),
)
