"""The sequence of one sample: forward through the layers, error, backward, learn; then the next sample.

Learning of layer 1 runs beside the next sample's forward pass, which follows the learner's frontier row by row.
"""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine_ports import EVENTS_LAYOUT
from hw.forward.classify import ClassifyControl
from hw.forward.group_sequence import GroupSequence
from hw.forward.normalise import NormaliseControl
from hw.forward.sequence import ForwardSequence
from hw.group_buffer import group_layout, known_layout
from hw.input_buffer import staged_layout
from hw.layouts import layer_layout, network_layout, token_layout
from hw.learning.errors import ErrorControl
from hw.learning.learner import LearnerControl
from hw.learning.sequence import LearningSequence
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS


class Sequencer(wiring.Component):
    """Two sequences, forward and learning, that take turns, and what they share: the layer at work and the way into the array.

    Members
    -------
    network, layer, settled : of `Configuration`, which gives the layer that `select` and `next_index` ask for
    select, next_index : one cycle: asks for the registers of a layer (0…3)
    staged, starving : the next sample, its pixels in the array; one is on its way from the link
    tokens : to the array
    predictions : one for each sample, in order
    normalise, classify, errors, learner : what the rooms around the array are told, and answer
    events : what happened, and what this cycle was spent on (the counters of `sw.contract.frames.COUNTERS`)
    busy : a sample is being computed or learned
    asked, known, left, owed : with groups, of `GroupSequence` and of `hw.learning.reread.Reread`
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        g = geometry
        staged = staged_layout(g) if g.group == 1 else group_layout(g)
        of_groups = {"asked": Out(range(g.group)), "known": In(known_layout(g)), "left": Out(1), "owed": In(1)}
        super().__init__(
            {
                "network": In(network_layout(g)),
                "layer": In(layer_layout(g)),
                "settled": In(1),
                "select": Out(1),
                "next_index": Out(bits_for(MAX_LAYERS - 1)),
                "staged": In(stream.Signature(staged)),
                "starving": In(1),
                "tokens": Out(stream.Signature(token_layout(g))),
                "predictions": Out(stream.Signature(16)),
                "normalise": Out(NormaliseControl(g)),
                "classify": Out(ClassifyControl(g)),
                "errors": Out(ErrorControl(g)),
                "learner": Out(LearnerControl(g)),
                "events": Out(EVENTS_LAYOUT),
                "busy": Out(1),
            }
            | (of_groups if g.group > 1 else {})
        )
        self.index = Signal.like(self.next_index)  # of the layer at work

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.forward = forward = self._forward_sequence(m)
        m.submodules.learning = learning = LearningSequence(self.geometry)
        connect(m, flipped(self.staged), forward.staged)
        connect(m, forward.predictions, flipped(self.predictions))
        connect(m, forward.normalise, flipped(self.normalise))
        connect(m, forward.classify, flipped(self.classify))
        connect(m, learning.errors, flipped(self.errors))
        connect(m, learning.learner, flipped(self.learner))
        m.d.comb += [
            forward.starving.eq(self.starving),
            forward.hold.eq(learning.busy),
            learning.start.eq(forward.learn),
            learning.label.eq(forward.classify.label),
            learning.near_busy.eq(self.normalise.near_busy),
            learning.near_word.eq(self.normalise.near_word),
            self.busy.eq(forward.busy | learning.busy | self.learner.active | self.predictions.valid),
        ]
        for name in EVENTS_LAYOUT.members:
            told = [each.events[name] for each in (forward, learning) if name in each.events.shape().members]
            m.d.comb += self.events[name].eq(Cat(told).any())
        self._share_layer(m, forward, learning)
        self._choose_token(m, forward, learning)
        return m

    def _forward_sequence(self, m: Module) -> ForwardSequence:
        if self.geometry.group == 1:
            return ForwardSequence(self.geometry)
        forward = GroupSequence(self.geometry)
        m.d.comb += [
            self.asked.eq(forward.asked),
            forward.known.eq(self.known),
            forward.changing.eq(self.learner.active | self.owed),
            self.left.eq(forward.left),
        ]
        return forward

    def _share_layer(self, m: Module, forward: ForwardSequence, learning: LearningSequence) -> None:
        """One layer is at work: the one that either sequence asked for, or the last one where learning begins."""
        index = self.index
        last_index = Signal.like(index)
        input_set = Signal(range(len(self.geometry.input_bases)))
        m.d.sync += last_index.eq(self.network.layers - 1)
        m.d.comb += [
            self.select.eq(forward.select | forward.learn | learning.select),
            self.next_index.eq(Mux(learning.busy, learning.next_index, Mux(forward.learn, last_index, forward.next_index))),
            input_set.eq(Mux(index == 0, forward.pixel_set, index + (2 * self.geometry.group - 1))),
            forward.is_last.eq(index == last_index),
        ]
        with m.If(self.select):
            m.d.sync += index.eq(self.next_index)
        for sequence in (forward, learning):
            m.d.comb += [
                sequence.network.eq(self.network),
                sequence.layer.eq(self.layer),
                sequence.settled.eq(self.settled),
                sequence.index.eq(index),
                sequence.input_set.eq(input_set),
            ]

    def _choose_token(self, m: Module, forward: ForwardSequence, learning: LearningSequence) -> None:
        """The learning sequence's, or the forward sequence's, which follow the learner through the rows of the first layer.

        They never come together. Of a token of the learning sequence only opcode and cell count: the rest is the other one's.
        """
        token = self.tokens.payload
        learned = Signal()
        m.d.comb += [
            learned.eq((self.index != 0) | ~self.learner.active | (forward.neuron < self.learner.frontier)),
            self.tokens.valid.eq((forward.tokens.valid & learned) | learning.tokens.valid),
            learning.tokens.ready.eq(self.tokens.ready),
            forward.tokens.ready.eq(self.tokens.ready & learned),
            token.eq(forward.tokens.payload),
        ]
        with m.If(learning.tokens.valid):
            m.d.comb += [token.opcode.eq(learning.tokens.payload.opcode), token.cell.eq(learning.tokens.payload.cell)]
