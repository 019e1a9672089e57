"""The forward pass of a sample: its rows, layer after layer, the activations between them, its prediction."""

from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.array.popcount import popcount
from hw.forward.classify import ClassifyControl
from hw.forward.normalise import NormaliseControl
from hw.input_buffer import staged_layout
from hw.layouts import layer_layout, network_layout, token_layout
from hw.learning.error_store import neuron_bits
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode

WAITS = ("cycles_normalise", "cycles_classify", "cycles_learn", "cycles_starved")
EVENTS = ("samples", "learned", "cycles_forward", "cycles_activate", *WAITS)
"""Counters that a forward pass is for."""


class ForwardSequence(wiring.Component):
    """Issues the FORWARD and LOAD tokens of one sample after another.

    A sample begins while `hold` is low. A token waits as long as nobody takes it.

    Members
    -------
    hold : the sample before is still at work elsewhere
    staged, starving : the next sample, its pixels in the array; one is on its way from the link
    network : of `Configuration`
    layer, settled, index, is_last : the registers of the layer at work, whether they are there, its index (0…3)
    input_set : where the array has that layer's inputs
    select, next_index : one cycle: asks for the layer that is at work next
    normalise, classify : the rooms that the rows' sums go to
    tokens, neuron : to the array; of which neuron's row a FORWARD token is
    predictions : one for each sample, in order
    pixel_set : where the pixels of the sample at work are, 0 or 1
    learn : one cycle: the sample at work is to be learned; it ends the forward pass
    events : what happened, and what this cycle was spent on
    busy : a forward pass goes on
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(self.members(geometry))
        # Where it is in the layer: the fold of a row, the row's word of fold 0, or the cell whose activations are loaded.
        token = self.tokens.payload
        self.fold = Signal(range(geometry.folds))
        self.row = Signal.like(token.address)
        self.inputs = Signal.like(token.inputs)
        self.cell = Signal.like(token.cell)
        self.valid_inputs = Signal(bits_for(geometry.columns))  # of the layer that is at work next

    def members(self, geometry: Geometry) -> dict[str, Any]:
        """The ports."""
        g, layer = geometry, bits_for(MAX_LAYERS - 1)
        return {
            "hold": In(1),
            "staged": In(stream.Signature(staged_layout(g))),
            "starving": In(1),
            "network": In(network_layout(g)),
            "layer": In(layer_layout(g)),
            "settled": In(1),
            "index": In(layer),
            "is_last": In(1),
            "input_set": In(range(len(g.input_bases))),
            "select": Out(1),
            "next_index": Out(layer),
            "normalise": Out(NormaliseControl(g)),
            "classify": Out(ClassifyControl(g)),
            "tokens": Out(stream.Signature(token_layout(g))),
            "neuron": Out(neuron_bits(g)),
            "predictions": Out(stream.Signature(16)),
            "pixel_set": Out(range(2 * g.group)),
            "learn": Out(1),
            "events": Out(data.StructLayout(dict.fromkeys(EVENTS, 1))),
            "busy": Out(1),
        }

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._control_partners(m)
        self._fill_token(m)
        with m.If(self.predictions.ready):
            m.d.sync += self.predictions.valid.eq(0)
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("idle"))
            self._add_states(m)
        return m

    def _add_states(self, m: Module) -> None:
        with m.State("idle"):
            self._take_sample(m)
        with m.State("layer"):
            self._begin_layer(m)
        with m.State("forward"):
            self._send_rows(m)
        with m.State("activate"):
            self._load_activations(m)
        with m.State("classify"):
            self._predict(m)

    def _control_partners(self, m: Module) -> None:
        normalise, classify = self.normalise, self.classify
        m.d.comb += [
            normalise.layer.eq(self.layer),
            normalise.index.eq(self.index),
            classify.neurons.eq(self.network.classes),
            classify.margin.eq(self.network.margin),
        ]
        m.d.sync += [normalise.start.eq(0), classify.start.eq(0)]

    def _fill_token(self, m: Module) -> None:
        token, activations = self.tokens.payload, self.normalise.activations.payload
        m.d.comb += [
            token.last.eq(self.fold + 1 == self.layer.folds),
            token.address.eq(self.row + self.fold),
            token.inputs.eq(self.inputs + self.fold),
            token.cell.eq(self.cell),
            token.operand.eq(Cat(activations.valid, activations.negative)),
        ]

    def _take_sample(self, m: Module) -> None:
        sample = self.staged.payload
        m.d.comb += self.staged.ready.eq(~self.hold)
        with m.If(self.staged.valid & self.staged.ready):
            m.d.comb += self.events.cycles_forward.eq(1)
            m.d.sync += [
                self.normalise.train.eq(sample.train),
                self.classify.label.eq(sample.label),
                self.pixel_set.eq(sample.set),
                self.valid_inputs.eq(sample.lit),
            ]
            m.next = "layer"
        with m.Else():
            m.d.comb += self.events.cycles_starved.eq(self.starving & ~self.hold)

    def _begin_layer(self, m: Module) -> None:
        m.d.comb += self.events.cycles_forward.eq(1)
        m.d.sync += [
            self.normalise.start.eq(self.settled & ~self.is_last),
            self.classify.start.eq(self.settled & self.is_last),
            self.row.eq(self.layer.base),
            self.neuron.eq(0),
            self.fold.eq(0),
            self.inputs.eq(self._first_input(self.input_set)),
        ]
        with m.If(self.settled):
            self._choose_entry(m, self.valid_inputs)
            m.next = "forward"

    def _choose_entry(self, m: Module, valid_inputs: Value) -> None:
        """That of the layer at work, which has so many valid inputs; those of the next one are still to count."""
        steps = Mux(self.layer.mode[2], valid_inputs[3:], 0)
        m.d.sync += [self.normalise.entry.eq(self.layer.bounds + steps), self.valid_inputs.eq(0)]

    def _send_rows(self, m: Module) -> None:
        token, fold, neuron = self.tokens.payload, self.fold, self.neuron
        accepted = self.tokens.valid & self.tokens.ready
        m.d.comb += [
            token.opcode.eq(Opcode.FORWARD),
            self.tokens.valid.eq(1),
            self.events.cycles_forward.eq(accepted),
            self.events.cycles_learn.eq(~accepted),
        ]
        with m.If(accepted):
            m.d.sync += fold.eq(fold + 1)
            with m.If(token.last):
                m.d.sync += [fold.eq(0), self.row.eq(self.row + self.geometry.folds), neuron.eq(neuron + 1)]
                with m.If(neuron + 1 == self.layer.neurons):
                    m.d.sync += [self.cell.eq(0), self.inputs.eq(self._first_input(self.index + 2 * self.geometry.group))]
                    # the next layer's registers come while the last sums do; mostly, no error follows the last layer
                    m.d.comb += self.select.eq(1)
                    with m.If(self.is_last):
                        m.next = "classify"
                    with m.Else():
                        m.d.comb += self.next_index.eq(self.index + 1)
                        m.next = "activate"

    def _load_activations(self, m: Module) -> None:
        token, activations, cell = self.tokens.payload, self.normalise.activations, self.cell
        m.d.comb += [
            token.opcode.eq(Opcode.LOAD),
            self.tokens.valid.eq(activations.valid),
            activations.ready.eq(self.tokens.ready),
            self.events.cycles_activate.eq(activations.valid),
            self.events.cycles_normalise.eq(~activations.valid),
        ]
        with m.If(activations.valid & activations.ready):
            m.d.sync += cell.eq(cell + 1)
            m.d.sync += self.valid_inputs.eq(self.valid_inputs + popcount(activations.payload.valid))
            with m.If(cell == self.geometry.cells - 1):
                m.d.sync += [cell.eq(0), self.inputs.eq(self.inputs + 1)]
            with m.If(activations.payload.last):
                m.next = "layer"

    def _predict(self, m: Module) -> None:
        classify, train = self.classify, self.normalise.train
        m.d.comb += self.events.cycles_classify.eq(1)
        with m.If(classify.done & ~self.predictions.valid):
            m.d.comb += [
                self.events.samples.eq(train),
                self.events.learned.eq(self.learn),
                self.learn.eq(train & classify.wrong),
            ]
            m.d.sync += [self.predictions.valid.eq(1), self.predictions.payload.eq(classify.prediction)]
            m.next = "idle"

    def _first_input(self, input_set):
        return Array(self.geometry.input_bases)[input_set]
