"""The mean of a layer's matches, up to the number of its valid inputs (clause 4)."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.forward.divide import Divider
from hw.forward.fold_sum import RowMatches
from sw.contract.geometry import Geometry, bits_for


class Mean(wiring.Component):
    """Counts and adds the rows of a hidden layer, then divides: q = floor(2 · Σ matches_j / n).

    Members
    -------
    start, neurons : one cycle, before the layer's first row; n, taken then
    row : rows that come after the layer's last one, or without `start`, are ignored
    counts : `row` is one of the layer's, its neuron `neuron`; which is n after the last one, until the next `start`
    done, quotient : one cycle; q, from then on. Latency from the last row: bits of 2 · columns, plus 2 cycles
    """

    def __init__(self, geometry: Geometry) -> None:
        self.width = bits_for(geometry.columns)
        self.neuron_bits = bits_for(min(geometry.columns, geometry.rows))
        super().__init__(
            {
                "start": In(1),
                "neurons": In(self.neuron_bits),
                "row": In(RowMatches(geometry)),
                "counts": Out(1),
                "neuron": Out(self.neuron_bits),
                "done": Out(1),
                "quotient": Out(unsigned(self.width + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.divider = divider = Divider(
            dividend_width=self.neuron_bits + self.width + 1, divisor_width=self.neuron_bits, quotient_width=self.width + 1
        )
        neurons = Signal.like(self.neurons)
        total = Signal(self.neuron_bits + self.width)
        counting = Signal()
        complete = Signal()
        m.d.comb += [
            self.counts.eq(counting & self.row.valid),
            divider.start.eq(complete),
            divider.dividend.eq(total << 1),
            divider.divisor.eq(self.neuron),  # counted up to the number of neurons by then
            self.done.eq(divider.done),
            self.quotient.eq(divider.quotient),
        ]
        m.d.sync += complete.eq(0)
        with m.If(self.start):
            m.d.sync += [counting.eq(1), self.neuron.eq(0), total.eq(0), neurons.eq(self.neurons)]
        with m.Elif(self.counts):
            m.d.sync += [self.neuron.eq(self.neuron + 1), total.eq(total + self.row.matches)]
            with m.If(self.neuron + 1 == neurons):
                m.d.sync += [counting.eq(0), complete.eq(1)]
        return m
