"""The matches of a group of samples: kept for each, mended where a row was changed, and the mean of one at a time."""

from amaranth.hdl import Array, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.array import hidden_bits
from hw.complement import exceeds_or, reaches
from hw.forward.divide import Divider
from hw.forward.fold_sum import RowMatches
from hw.memory import add_memory, memory_style, read_word
from sw.contract.geometry import Geometry, bits_for


class GroupSums(wiring.Component):
    """`Mean` and `MatchStore` of every sample of a group, with one divider and one row of comparators for all.

    A row of the first layer brings the matches of all samples, that of a later layer those of `sample` alone, which take the
    place of its own from the first layer: those have been looked at by then. A row that comes `again` takes the place of the
    one that came before: for every sample the difference is added to the total of which the mean is made. A sample that has
    been computed already, or that is not there, gets sums that nobody looks at.

               arrives │ word is there   │ old, new  │ difference
                       │                 │           │
        again ─┬─ read ┼── old of each ──┼─── - ─────┼── + ── total
               │       │                 │           │
               └───────┼── new: stored   │           │

    Members
    -------
    start, first, neurons : one cycle, before a layer's first row; whether it is the first layer, and n; taken then
    divide : one cycle; `sample` has all its sums of the first layer, whose n is `neurons`: only the mean is wanted
    sample : whose mean is wanted, whose words are read, and whose rows come, but for those of the first layer
    row : rows that come after the layer's last one, or without `start`, are ignored, but for those that come again. These
        come two cycles apart or more, and not while words are read
    mended : one cycle; a row that came again is in the totals from the next cycle on, three after it came
    neuron : n after the last row, or `divide`, until the next `start`
    done, quotient : one cycle; q = floor(2 · Σ matches_j / n), from then on. Latency from the last row, or from `divide`:
        bits of 2 · columns, plus 2 cycles
    word, enable, above, below, reached, at_gate, beside : of `hw.forward.match_store.MatchStore`
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.width = bits_for(geometry.columns)
        self.neuron_bits = hidden_bits(geometry)
        self.lanes = geometry.synapses_per_cell
        self.lane_bits = bits_for(self.lanes - 1)
        self.depth = geometry.words_of(min(geometry.columns, geometry.rows))
        super().__init__(
            {
                "start": In(1),
                "first": In(1),
                "neurons": In(self.neuron_bits),
                "divide": In(1),
                "sample": In(range(geometry.group)),
                "row": In(RowMatches(geometry)),
                "mended": Out(1),
                "neuron": Out(self.neuron_bits),
                "done": Out(1),
                "quotient": Out(unsigned(self.width + 1)),
                "word": In(range(self.depth)),
                "enable": In(1),
                "above": In(self.width),
                "below": In(self.width),
                "reached": In(1),
                "at_gate": Out(self.lanes),
                "beside": Out(self.lanes),
            }
        )
        self.of_all = Signal()  # the rows that come are of the first layer
        self.counts = Signal()  # one of the layer's comes
        self.fetched = Signal()  # the steps of a row that came again
        self.subtracted = Signal()
        self.fetched_neuron = Signal(self.neuron_bits)
        self.complete = Signal()  # the total of `sample` is there

    def elaborate(self, platform: object) -> Module:
        m = Module()
        totals, words = [], []
        for i, matches in enumerate((self.row.matches, *self.row.others)):
            with_own = matches if i == 0 else Mux(self.of_all | self.row.again, matches, self.row.matches)
            total, word = self._add_sample(m, i, with_own)
            totals.append(total)
            words.append(word)
        self._take_rows(m)
        self._divide(m, Array(totals)[self.sample])
        self._compare(m, Array(words)[self.sample])
        return m

    def _take_rows(self, m: Module) -> None:
        """Those of a layer are counted; those that come again go through their steps."""
        neurons = Signal.like(self.neurons)
        counting = Signal()
        again = self.row.valid & self.row.again
        m.d.comb += [self.counts.eq(counting & self.row.valid & ~self.row.again), self.mended.eq(self.subtracted)]
        m.d.sync += [
            self.fetched.eq(again),
            self.fetched_neuron.eq(self.row.neuron),
            self.subtracted.eq(self.fetched),
            self.complete.eq(self.divide),
        ]
        with m.If(self.start):
            m.d.sync += [counting.eq(1), self.neuron.eq(0), neurons.eq(self.neurons), self.of_all.eq(self.first)]
        with m.Elif(self.divide):
            m.d.sync += self.neuron.eq(self.neurons)
        with m.Elif(self.counts):
            m.d.sync += self.neuron.eq(self.neuron + 1)
            with m.If(self.neuron + 1 == neurons):
                m.d.sync += [counting.eq(0), self.complete.eq(1)]

    def _add_sample(self, m: Module, i: int, matches: Value) -> tuple[Signal, Value]:
        """The matches of a sample. Returns their total and the word that was read."""
        style = memory_style(self.geometry, self.depth)
        shape = data.ArrayLayout(self.width, self.lanes)
        memory = add_memory(m, f"memory_{i}", shape=shape, depth=self.depth, style=style)
        write = memory.write_port(granularity=1)
        again, is_own = self.row.valid & self.row.again, self.of_all | (self.sample == i)
        address = Mux(again, self.row.neuron[self.lane_bits :], self.word)
        stored = read_word(m, memory, address=address, enable=self.enable | again)

        new = Signal(self.width, name=f"new_{i}")
        difference = Signal(signed(self.width + 1), name=f"difference_{i}")
        total = Signal(self.neuron_bits + self.width, name=f"total_{i}")
        neuron = Mux(self.fetched, self.fetched_neuron, self.neuron)
        m.d.sync += [new.eq(matches), difference.eq(new - Array(stored)[self.fetched_neuron[: self.lane_bits]])]
        with m.If(self.start & (self.first | (self.sample == i))):
            m.d.sync += total.eq(0)
        with m.Elif(self.subtracted | (self.counts & is_own)):
            m.d.sync += total.eq(total + Mux(self.subtracted, difference, matches))
        m.d.comb += [
            write.addr.eq(neuron[self.lane_bits :]),
            write.en.eq((self.fetched | (self.counts & is_own)) << neuron[: self.lane_bits]),
            *(lane.eq(Mux(self.fetched, new, matches)) for lane in write.data),
        ]
        return total, stored.as_value()

    def _divide(self, m: Module, total: Value) -> None:
        m.submodules.divider = divider = Divider(
            dividend_width=self.neuron_bits + self.width + 1, divisor_width=self.neuron_bits, quotient_width=self.width + 1
        )
        m.d.comb += [
            divider.start.eq(self.complete),
            divider.dividend.eq(total << 1),
            divider.divisor.eq(self.neuron),
            self.done.eq(divider.done),
            self.quotient.eq(divider.quotient),
        ]

    def _compare(self, m: Module, word: Value) -> None:
        with m.If(self.enable):
            for i in range(self.lanes):
                matches = word.word_select(i, self.width)
                m.d.sync += self.at_gate[i].eq(reaches(matches, self.above))
                m.d.sync += self.beside[i].eq(exceeds_or(matches, self.below, self.reached))
