"""The learning of a sample: the output's errors, then from the last layer down errors of the layer below and learning."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import layer_layout, network_layout, token_layout
from hw.learning.error_store import neuron_bits, word_bits
from hw.learning.errors import ErrorControl
from hw.learning.learner import LearnerControl
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode

EVENTS = ("cycles_backward", "cycles_learn")
"""Counters that the learning of a sample is for."""


class LearningSequence(wiring.Component):
    """Issues CLEAR and UNLOAD tokens around the learner's BACKWARD ones, and has every layer learned.

    It ends when the first layer's learning begins, which goes on beside the next sample's forward pass.

    Members
    -------
    start : one cycle: a sample is to be learned, and the last layer is at work from the next cycle on
    label : of that sample
    network : of `Configuration`
    layer, settled, index : the registers of the layer at work, whether they are there, its index (0…3)
    input_set : where the array has that layer's inputs
    select, next_index : one cycle: asks for the layer that is at work next
    near_busy, near_word : near flags of the layer below may still be to come, those of its first `near_word` words have
    errors, learner : the rooms that do the work
    tokens : to the array; only opcode and cell count
    events : what this cycle was spent on
    busy : a sample is being learned, until only the first layer is left
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        g, layer = geometry, bits_for(MAX_LAYERS - 1)
        super().__init__(
            {
                "start": In(1),
                "label": In(neuron_bits(g)),
                "network": In(network_layout(g)),
                "layer": In(layer_layout(g)),
                "settled": In(1),
                "index": In(layer),
                "input_set": In(range(len(g.input_bases))),
                "select": Out(1),
                "next_index": Out(layer),
                "near_busy": In(1),
                "near_word": In(word_bits(g)),
                "errors": Out(ErrorControl(g)),
                "learner": Out(LearnerControl(g)),
                "tokens": Out(stream.Signature(token_layout(g))),
                "events": Out(data.StructLayout(dict.fromkeys(EVENTS, 1))),
                "busy": Out(1),
            }
        )
        # Where it is in the layer below: a fold and a slice of its counters, and of those the cell that is unloaded. Words of K
        # neurons: the fold's first one, the cell's, and the layer's last.
        self.fold, self.slice = self.learner.fold, self.learner.slice
        self.cell = Signal.like(self.tokens.payload.cell)
        self.first = Signal(word_bits(g))
        self.word = Signal(word_bits(g))
        self.last_word = Signal(word_bits(g))
        self.flagged = Signal()  # the word's near flags have come: told by a flip-flop, and so of the word after the one before

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._control_partners(m)
        m.d.comb += self.tokens.payload.cell.eq(self.cell)
        m.d.sync += self.last_word.eq((self.layer.inputs - 1)[bits_for(self.geometry.synapses_per_cell - 1) :])
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("idle"))
            with m.State("idle"):
                with m.If(self.start):
                    m.next = "error"
            with m.State("error"):
                self._begin_output_errors(m)
            with m.State("output errors"):
                self._await_output_errors(m)
            with m.State("clear"):
                self._clear_counters(m)
            with m.State("backward"):
                self._await_backward(m)
            with m.State("unload"):
                self._unload_counters(m)
            with m.State("learn"):
                self._begin_learning(m)
            with m.State("learning"):
                self._await_learning(m)
        return m

    def _control_partners(self, m: Module) -> None:
        errors, learner = self.errors, self.learner
        m.d.sync += self.flagged.eq(self.near_word > self.word + 1)
        m.d.comb += [
            errors.label.eq(self.label),
            errors.output.layer.eq(self.index),
            errors.output.neurons.eq(self.network.classes),
            errors.unload.layer.eq(self.index - 1),
            errors.unload.neurons.eq(self.layer.inputs),
            errors.scan.layer.eq(self.index),
            errors.scan.neurons.eq(self.layer.neurons),
            learner.layer.eq(self.layer),
            learner.index.eq(self.index),
            learner.input_set.eq(self.input_set),
            learner.relax_floor.eq(self.network.relax_floor),
        ]

    def _begin_output_errors(self, m: Module) -> None:
        """When the sample before has been learned, whose errors would be overwritten."""
        learning = self.learner.active
        m.d.comb += [self.events.cycles_backward.eq(1), self.errors.output.start.eq(~learning)]
        with m.If(~learning):
            m.next = "output errors"

    def _await_output_errors(self, m: Module) -> None:
        m.d.comb += self.events.cycles_backward.eq(1)
        m.d.sync += self.slice.eq(0)
        self._go_down_when(m, ~self.errors.output.busy)

    def _clear_counters(self, m: Module) -> None:
        accepted = self.tokens.ready
        m.d.comb += [
            self.tokens.payload.opcode.eq(Opcode.CLEAR),
            self.tokens.valid.eq(1),
            self.learner.start.eq(accepted),
            self.learner.backward.eq(1),
            self.errors.scan.start.eq(accepted),
            self.events.cycles_backward.eq(1),
        ]
        with m.If(accepted):
            m.next = "backward"

    def _await_backward(self, m: Module) -> None:
        m.d.comb += self.events.cycles_backward.eq(1)
        m.d.sync += [self.cell.eq(0), self.word.eq(self.first)]
        with m.If(~self.learner.active):
            m.next = "unload"

    def _unload_counters(self, m: Module) -> None:
        """Behind the near flags, which come word by word too."""
        g, cell, word, slice_, fold = self.geometry, self.cell, self.word, self.slice, self.fold
        m.d.comb += [
            self.tokens.payload.opcode.eq(Opcode.UNLOAD),
            self.tokens.valid.eq(~self.near_busy | self.flagged),
            self.events.cycles_backward.eq(1),
        ]
        with m.If(self.tokens.valid & self.tokens.ready):
            m.d.sync += [cell.eq(cell + 1), word.eq(word + 1)]
            with m.If((cell == g.cells - 1) | (word == self.last_word)):
                m.d.sync += slice_.eq(slice_ + 1)
                m.next = "clear"
                with m.If(slice_ == g.slices - 1):
                    m.d.sync += [slice_.eq(0), fold.eq(fold + 1), self.first.eq(self.first + g.cells)]
                    with m.If(fold + 1 == self.layer.folds):
                        m.next = "learn"

    def _begin_learning(self, m: Module) -> None:
        m.d.comb += [self.learner.start.eq(1), self.errors.scan.start.eq(1), self.events.cycles_learn.eq(1)]
        m.next = "idle"
        with m.If(self.index != 0):
            m.d.comb += [self.select.eq(1), self.next_index.eq(self.index - 1)]
            m.next = "learning"

    def _await_learning(self, m: Module) -> None:
        learning = self.learner.active
        m.d.comb += [self.events.cycles_learn.eq(learning), self.events.cycles_backward.eq(~learning)]
        self._go_down_when(m, ~learning & ~self.errors.unload.busy)

    def _go_down_when(self, m: Module, done) -> None:
        """To the errors of the layer below, fold 0; where there is none, to the learning of the first layer."""
        m.d.sync += [self.fold.eq(0), self.first.eq(0)]
        with m.If(done & self.settled):
            m.d.comb += self.errors.unload.start.eq(self.index != 0)
            m.next = "learn"
            with m.If(self.index != 0):
                m.next = "clear"
