"""Prediction, rival and error of the output layer (clauses 6 and 7), while its sums arrive."""

from amaranth.hdl import C, Cat, Module, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.complement import exceeds, minus
from sw.contract.geometry import Geometry, bits_for


class Classify(wiring.Component):
    """Follows the output neurons' matches in order and keeps the two that matter.

    z_c = 2 · matches_c - v, so z_y - z_r is twice the difference of matches.

    Members
    -------
    start : one cycle, before the first `valid`
    neurons, label, margin : n_L, y and the margin, steady from `start` on
    valid, matches : one output neuron's matches
    done : all n_L have come, the last one the cycle before the last; the outputs below hold until the next `start`
    prediction : the neuron with the largest z, the lowest index on a tie
    rival : the same among the neurons other than `label`
    wrong : z_y - z_r < margin: the sample is to be learned
    """

    def __init__(self, geometry: Geometry) -> None:
        self.matches_width = bits_for(geometry.columns)
        index = bits_for(geometry.rows - 1)
        super().__init__(
            {
                "start": In(1),
                "neurons": In(unsigned(16)),
                "label": In(unsigned(index)),
                "margin": In(signed(16)),
                "valid": In(1),
                "matches": In(unsigned(self.matches_width)),
                "done": Out(1),
                "prediction": Out(unsigned(index)),
                "rival": Out(unsigned(index)),
                "wrong": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        index = Signal.like(self.label)
        # the complement of what is compared and subtracted (`hw.complement`)
        not_best, not_rival_best = (Signal(self.matches_width, name=name) for name in ("not_best", "not_rival_best"))
        own = Signal(self.matches_width)
        best_known, rival_known = Signal(), Signal()
        complete = Signal()
        difference = minus(Cat(own, C(0, 1)), Cat(not_rival_best, C(1, 1))).as_signed()  # of matches
        wide = signed(max(len(difference) + 1, len(self.margin)) + 1)
        doubled, not_margin = Signal(wide), Signal(wide)
        m.d.comb += [doubled.eq(difference << 1), not_margin.eq(~self.margin)]
        m.d.sync += [self.wrong.eq(minus(doubled, not_margin)[-1]), self.done.eq(complete)]
        with m.If(self.start):
            m.d.sync += [index.eq(0), best_known.eq(0), rival_known.eq(0), complete.eq(0), self.done.eq(0)]
        with m.Elif(self.valid):
            m.d.sync += [index.eq(index + 1), complete.eq(index + 1 == self.neurons)]
            with m.If(~best_known | (exceeds(self.matches, not_best))):
                m.d.sync += [best_known.eq(1), not_best.eq(~self.matches), self.prediction.eq(index)]
            with m.If(index == self.label):
                m.d.sync += own.eq(self.matches)
            with m.Elif(~rival_known | (exceeds(self.matches, not_rival_best))):
                m.d.sync += [rival_known.eq(1), not_rival_best.eq(~self.matches), self.rival.eq(index)]
        return m
