"""A row's matches, added up over its folds."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.array import hidden_bits, result_layout
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import Opcode


class RowMatches(wiring.Signature):
    """The sum of one row, `valid` for one cycle, seen from where it is added up.

    `matches` is the number of valid columns whose binary weight equals their sign, 0 … columns: the pre-activation of
    clause 4 is a_j = 2 · matches - number of valid columns.
    With groups, a row of the first layer has the matches of sample 0 there and those of the samples after it in `others`;
    `again` says that the row is that of `neuron`, which was changed since it was read.
    """

    def __init__(self, geometry: Geometry) -> None:
        matches = unsigned(bits_for(geometry.columns))
        members = {"valid": Out(1), "matches": Out(matches)}
        if geometry.group > 1:
            others = data.ArrayLayout(matches, geometry.group - 1)
            members |= {"others": Out(others), "neuron": Out(hidden_bits(geometry)), "again": Out(1)}
        super().__init__(members)


class FoldSum(wiring.Component):
    """Adds the results of a row's FORWARD tokens up to the one marked `last`, and gives the `row`. Latency one cycle."""

    def __init__(self, geometry: Geometry) -> None:
        self.width = bits_for(geometry.columns)
        self.group = geometry.group
        super().__init__({"result": In(result_layout(geometry)), "row": Out(RowMatches(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        comes = self.result.opcode == Opcode.FORWARD
        continues = Signal()  # some of the row's folds are in the sum
        m.d.sync += self.row.valid.eq(comes & self.result.last)
        with m.If(comes):
            m.d.sync += continues.eq(~self.result.last)
        added = [self.result.sum, *(self.result.others if self.group > 1 else ())]
        for i, matches in enumerate(added):
            # One register: what begins a row takes the place of the sum before, in the LUT that adds.
            total = Signal(self.width, name=f"total_{i}", reset_less=True)
            with m.If(comes):
                m.d.sync += total.eq(Mux(continues, total + matches, matches))
            m.d.comb += (self.row.others[i - 1] if i else self.row.matches).eq(total)
        if self.group > 1:
            m.d.sync += [self.row.neuron.eq(self.result.neuron), self.row.again.eq(self.result.again)]
        return m
