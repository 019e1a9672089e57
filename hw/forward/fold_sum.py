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
        partial = Signal(self.width)
        total = Signal(self.width)
        m.d.comb += total.eq(partial + self.result.sum)
        with m.If(self.result.opcode == Opcode.FORWARD):
            m.d.sync += [partial.eq(Mux(self.result.last, 0, total)), self.row.matches.eq(total)]
        m.d.sync += self.row.valid.eq((self.result.opcode == Opcode.FORWARD) & self.result.last)
        for i in range(self.group - 1):
            self._add_sample(m, i)
        if self.group > 1:
            m.d.sync += [self.row.neuron.eq(self.result.neuron), self.row.again.eq(self.result.again)]
        return m

    def _add_sample(self, m: Module, i: int) -> None:
        """The same for a sample after the first."""
        partial = Signal(self.width, name=f"partial_{i}")
        total = Signal(self.width, name=f"total_{i}")
        m.d.comb += total.eq(partial + self.result.others[i])
        with m.If(self.result.opcode == Opcode.FORWARD):
            m.d.sync += [partial.eq(Mux(self.result.last, 0, total)), self.row.others[i].eq(total)]
