"""Turns errors into tokens, row after row: RELAX and LEARN as drawn (clauses 9 to 11), or BACKWARD (clause 8)."""

from amaranth.hdl import Array, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import token_layout
from hw.learning.draw import draw_layout
from hw.learning.error_store import neuron_bits
from hw.multiply import times
from sw.contract import tokens
from sw.contract.geometry import INPUT_SETS, Geometry, bits_for
from sw.contract.tokens import Opcode


class Learner(wiring.Component):
    """Learns the rows of one layer as their draws arrive, or sends their errors backward.

    A row with nothing to do takes one cycle and no token; a LEARN or a RELAX takes folds · slices tokens, a BACKWARD one.

    Members
    -------
    start : one cycle; takes base, folds, input_set and whether it is `backward`
    base, folds, input_set : the layer's first word, its input folds, its inputs
    backward, fold, slice : BACKWARD tokens, of this fold and slice, which hold still while active
    relax_floor : steady while active
    draws, tokens : streams in and out
    active : from `start` until the last token has been issued
    frontier : while active, all neurons below it have had their tokens issued; the next sample may use their rows
    drawing : the draws are to be made: active, and not backward
    touched : pulses with every row that is learned or relaxed
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        layout = token_layout(geometry)
        super().__init__(
            {
                "start": In(1),
                "base": In(16),
                "folds": In(8),
                "input_set": In(bits_for(INPUT_SETS - 1)),
                "backward": In(1),
                "fold": In(range(geometry.folds)),
                "slice": In(range(geometry.slices)),
                "relax_floor": In(7),
                "draws": In(stream.Signature(draw_layout(geometry))),
                "tokens": Out(stream.Signature(layout)),
                "active": Out(1),
                "drawing": Out(1),
                "frontier": Out(unsigned(neuron_bits(geometry) + 1)),
                "touched": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        token = self.tokens.payload
        draw = Signal(draw_layout(g), reset_less=True)  # if held
        held, relaxing = Signal(), Signal(reset_less=True)
        base, input_base = Signal.like(token.address), Signal.like(token.inputs)
        fold, last_fold = Signal(range(g.folds)), Signal(range(g.folds))
        slice_ = Signal(range(g.slices))
        address = Signal.like(token.address, reset_less=True)

        with m.If(self.start):
            m.d.sync += [
                self.active.eq(1),
                self.drawing.eq(~self.backward),
                self.frontier.eq(0),
                base.eq(self.base),
                last_fold.eq(self.folds - 1),
                input_base.eq(Array(i * g.folds for i in range(INPUT_SETS))[self.input_set]),
            ]

        row_done, take = Signal(), Signal()
        m.d.comb += [take.eq(~held | row_done), self.draws.ready.eq(take)]
        idle_row = ~draw.learn & ~draw.relax
        pass_done = Signal()
        m.d.comb += [
            pass_done.eq(
                self.tokens.valid & self.tokens.ready & (~self.drawing | ((slice_ == g.slices - 1) & (fold == last_fold)))
            ),
            row_done.eq(held & (idle_row | (pass_done & ~(relaxing & draw.learn)))),
            self.touched.eq(row_done & ~idle_row & self.drawing),
            self.tokens.valid.eq(held & ~idle_row),
            token.opcode.eq(Mux(self.drawing, Mux(relaxing, Opcode.RELAX, Opcode.LEARN), Opcode.BACKWARD)),
            token.address.eq(address + fold),
            token.inputs.eq(input_base + fold),
            token.synapse.eq(slice_ * g.lanes),
            token.operand[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS].eq(Mux(relaxing, self.relax_floor, draw.toward)),
            token.operand[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS].eq(Mux(relaxing, self.relax_floor, draw.away)),
            token.operand[tokens.NEGATIVE_OFFSET].eq(draw.negative),
        ]
        with m.If(self.tokens.valid & self.tokens.ready):
            m.d.sync += slice_.eq(slice_ + 1)
            with m.If(slice_ == g.slices - 1):
                m.d.sync += [slice_.eq(0), fold.eq(fold + 1)]
            with m.If(pass_done & ~row_done):
                m.d.sync += [fold.eq(0), relaxing.eq(0)]
        with m.If(take):
            m.d.sync += held.eq(self.draws.valid)
            with m.If(self.draws.valid):
                m.d.sync += [
                    draw.eq(self.draws.payload),
                    relaxing.eq(self.draws.payload.relax),
                    address.eq(base + times(self.draws.payload.neuron, g.folds)),
                    fold.eq(Mux(self.drawing, 0, self.fold)),
                    slice_.eq(Mux(self.drawing, 0, self.slice)),
                ]
        with m.If(row_done):
            m.d.sync += [
                self.frontier.eq(draw.neuron + 1),
                self.active.eq(~draw.last),
                self.drawing.eq(self.drawing & ~draw.last),
            ]
        return m
