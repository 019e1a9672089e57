"""Prediction, rival and error of the output layer (clauses 6 and 7), while its sums arrive."""

from amaranth.hdl import C, Cat, Module, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.complement import exceeds, minus
from hw.forward.fold_sum import RowMatches
from sw.contract.geometry import Geometry, bits_for


class ClassifyControl(wiring.Signature):
    """What the sequencer and `Classify` say to each other, seen from the sequencer.

    Members
    -------
    start : one cycle, before the first sum of the output layer
    neurons, label, margin : n_L, y and the margin, steady from `start` on
    done : all n_L have come, the last one the cycle before the last; the answers below hold until the next `start`
    prediction : the neuron with the largest z, the lowest index on a tie
    wrong : z_y - z_r < margin: the sample is to be learned
    """

    def __init__(self, geometry: Geometry) -> None:
        index = unsigned(bits_for(geometry.rows - 1))
        super().__init__(
            {
                "start": Out(1),
                "neurons": Out(unsigned(16)),
                "label": Out(index),
                "margin": Out(signed(16)),
                "done": In(1),
                "prediction": In(index),
                "wrong": In(1),
            }
        )


class Classify(wiring.Component):
    """Follows the output neurons' matches in order and keeps the two that matter.

    z_c = 2 · matches_c - v, so z_y - z_r is twice the difference of matches.

    Members
    -------
    control : of the sequencer
    row : one output neuron's matches
    rival : the neuron with the largest z among those other than the label, the lowest index on a tie; holds as `done` does
    """

    def __init__(self, geometry: Geometry) -> None:
        self.matches_width = bits_for(geometry.columns)
        super().__init__(
            {
                "control": In(ClassifyControl(geometry)),
                "row": In(RowMatches(geometry)),
                "rival": Out(unsigned(bits_for(geometry.rows - 1))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        control, row = self.control, self.row
        index = Signal.like(control.label)
        # the complement of what is compared and subtracted (`hw.complement`)
        not_best, not_rival_best = (Signal(self.matches_width, name=name) for name in ("not_best", "not_rival_best"))
        own = Signal(self.matches_width)
        best_known = Signal()
        rival_known = Signal()
        complete = Signal()
        difference = minus(Cat(own, C(0, 1)), Cat(not_rival_best, C(1, 1))).as_signed()  # of matches
        wide = signed(max(len(difference) + 1, len(control.margin)) + 1)
        doubled = Signal(wide)
        not_margin = Signal(wide)
        m.d.comb += [doubled.eq(difference << 1), not_margin.eq(~control.margin)]
        m.d.sync += [control.wrong.eq(minus(doubled, not_margin)[-1]), control.done.eq(complete)]
        with m.If(control.start):
            m.d.sync += [index.eq(0), best_known.eq(0), rival_known.eq(0), complete.eq(0), control.done.eq(0)]
        with m.Elif(row.valid):
            m.d.sync += [index.eq(index + 1), complete.eq(index + 1 == control.neurons)]
            with m.If(~best_known | (exceeds(row.matches, not_best))):
                m.d.sync += [best_known.eq(1), not_best.eq(~row.matches), control.prediction.eq(index)]
            with m.If(index == control.label):
                m.d.sync += own.eq(row.matches)
            with m.Elif(~rival_known | (exceeds(row.matches, not_rival_best))):
                m.d.sync += [rival_known.eq(1), not_rival_best.eq(~row.matches), self.rival.eq(index)]
        return m
