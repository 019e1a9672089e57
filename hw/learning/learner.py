"""Turns errors into tokens, row after row: RELAX and LEARN as drawn (clauses 9 to 11), or BACKWARD (clause 8)."""

from amaranth.hdl import Array, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import layer_layout, token_layout
from hw.learning.draw import DrawSettings, draw_layout
from hw.learning.error_store import neuron_bits
from hw.learning.reread import row_layout
from hw.multiply import times
from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode


class LearnerControl(wiring.Signature):
    """What the sequencer and the learner say to each other, seen from the sequencer.

    Members
    -------
    start : one cycle; layer, index, input_set and backward are taken then
    layer, index : the layer's registers, its index (0…3)
    input_set : where the array has its inputs; sets 0 and 1 are pixels
    backward, fold, slice : BACKWARD tokens, of this fold and slice, which hold still while active
    relax_floor : steady while active
    active : from `start` until the last token has been issued
    frontier : while active, all neurons below it have had their tokens issued; the next sample may use their rows
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(
            {
                "start": Out(1),
                "layer": Out(layer_layout(geometry)),
                "index": Out(bits_for(MAX_LAYERS - 1)),
                "input_set": Out(range(len(geometry.input_bases))),
                "backward": Out(1),
                "fold": Out(range(geometry.folds)),
                "slice": Out(range(geometry.slices)),
                "relax_floor": Out(7),
                "active": In(1),
                "frontier": In(unsigned(neuron_bits(geometry) + 1)),
            }
        )


class Learner(wiring.Component):
    """Learns the rows of one layer as their draws arrive, or sends their errors backward.

    A row with nothing to do takes one cycle and no token; a LEARN or a RELAX takes folds · slices tokens, a BACKWARD one.

    Members
    -------
    control : of the sequencer
    settings : how to draw; nothing is drawn for BACKWARD tokens
    draws, tokens : streams in and out
    reads_pixels, pixel_set : the layer that it works on has pixels as inputs, those of set 0 or 1
    touched : pulses with every row that is learned or relaxed
    row : with groups, that row
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "control": In(LearnerControl(geometry)),
                "settings": Out(DrawSettings()),
                "draws": In(stream.Signature(draw_layout(geometry))),
                "tokens": Out(stream.Signature(token_layout(geometry))),
                "reads_pixels": Out(1),
                "pixel_set": Out(1),
                "touched": Out(1),
            }
            | ({"row": Out(row_layout(geometry))} if geometry.group > 1 else {})
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g, control, drawing = self.geometry, self.control, self.settings.enable
        token = self.tokens.payload
        draw = Signal(draw_layout(g), reset_less=True)  # if held
        held = Signal()
        relaxing = Signal(reset_less=True)
        fold = Signal(range(g.folds))
        slice_ = Signal(range(g.slices))
        address = Signal.like(token.address, reset_less=True)
        base, last_fold, input_base = self._take_layer(m)

        row_done = Signal()
        take = Signal()
        m.d.comb += [take.eq(~held | row_done), self.draws.ready.eq(take)]
        idle_row = ~draw.learn & ~draw.relax
        pass_done = Signal()
        m.d.comb += [
            pass_done.eq(self.tokens.valid & self.tokens.ready & (~drawing | ((slice_ == g.slices - 1) & (fold == last_fold)))),
            row_done.eq(held & (idle_row | (pass_done & ~(relaxing & draw.learn)))),
            self.touched.eq(row_done & ~idle_row & drawing),
            self.tokens.valid.eq(held & ~idle_row),
            token.opcode.eq(Mux(drawing, Mux(relaxing, Opcode.RELAX, Opcode.LEARN), Opcode.BACKWARD)),
            token.address.eq(address + fold),
            token.inputs.eq(input_base + fold),
            token.synapse.eq(slice_ * g.lanes),
            token.operand[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS].eq(Mux(relaxing, control.relax_floor, draw.toward)),
            token.operand[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS].eq(Mux(relaxing, control.relax_floor, draw.away)),
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
                    fold.eq(Mux(drawing, 0, control.fold)),
                    slice_.eq(Mux(drawing, 0, control.slice)),
                ]
        with m.If(row_done):
            m.d.sync += [
                control.frontier.eq(draw.neuron + 1),
                control.active.eq(~draw.last),
                drawing.eq(drawing & ~draw.last),
            ]
        if g.group > 1:
            m.d.comb += [self.row.address.eq(address), self.row.neuron.eq(draw.neuron)]
        return m

    def _take_layer(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """The layer's first word, its last fold, and where fold 0 of its inputs is, from `start` on."""
        g, control, settings, token = self.geometry, self.control, self.settings, self.tokens.payload
        base = Signal.like(token.address)
        input_base = Signal.like(token.inputs)
        last_fold = Signal(range(g.folds))
        not_relax_rate = Signal.like(settings.relax_rate)  # the complement (`hw.complement`)
        with m.If(control.start):
            m.d.sync += [
                control.active.eq(1),
                control.frontier.eq(0),
                base.eq(control.layer.base),
                last_fold.eq(control.layer.folds - 1),
                input_base.eq(Array(g.input_bases)[control.input_set]),
                settings.enable.eq(~control.backward),
                settings.layer.eq(control.index),
                not_relax_rate.eq(~control.layer.relax_rate),
                self.pixel_set.eq(control.input_set),
            ]
        m.d.comb += [
            settings.relax_rate.eq(~not_relax_rate),
            self.reads_pixels.eq(control.active & (settings.layer == 0)),
        ]
        return base, last_fold, input_base
