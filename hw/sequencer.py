"""The sequence of one sample: forward through the layers, error, backward, learn; then the next sample.

Learning of layer 1 runs beside the next sample's forward pass, which follows the learner's frontier row by row.
"""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import EVENTS_LAYOUT
from hw.forward.normalise import activation_layout
from hw.input_buffer import STAGED_LAYOUT
from hw.layouts import layer_layout, network_layout, token_layout
from hw.learning.error_store import neuron_bits, word_bits
from sw.contract.geometry import INPUT_SETS, Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode


class Sequencer(wiring.Component):
    """Issues LOAD, FORWARD, CLEAR and UNLOAD tokens and starts the rooms around the array.

    Members
    -------
    network, layer, settled : of `Configuration`, which gives the layer that `select` and `index` ask for
    staged : the next sample, its pixels in the array
    tokens : to the array
    predictions : one for each sample, in order
    select, next_index, index : asks for the registers of a layer; the index (0…3) of the layer at work, from then on
    normalise_start, classify_start : with the first FORWARD of a hidden layer, of the output layer
    train : the sample at work is one to train with
    activations, near_busy : of a hidden layer, from `Normalise`
    label, classified, prediction, wrong : of the sample, to and from `Classify`
    output_start, output_busy : `ErrorStore` writes the output's errors
    unload_start, unload_busy : `ErrorStore` receives the signs of the layer below
    scan_start : `ErrorScan`, whose items go to the draw and then to the learner
    learn_start, learn_set, learning, frontier : the learner
    backward, fold, slice : the learner is to send BACKWARD tokens of this fold and slice
    trained, learned : pulses with every training sample and with every one that has an error
    phase : what the machine spends this cycle on (the cycle counters of `sw.contract.frames.COUNTERS`)
    starving : a sample is on its way from the link
    busy : a sample is being computed or learned
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        g = geometry
        layer = bits_for(MAX_LAYERS - 1)
        super().__init__(
            {
                "network": In(network_layout(g)),
                "layer": In(layer_layout(g)),
                "settled": In(1),
                "select": Out(1),
                "next_index": Out(layer),
                "staged": In(stream.Signature(STAGED_LAYOUT)),
                "tokens": Out(stream.Signature(token_layout(g))),
                "predictions": Out(stream.Signature(16)),
                "index": Out(layer),
                "normalise_start": Out(1),
                "classify_start": Out(1),
                "train": Out(1),
                "near_busy": In(1),
                "activations": In(stream.Signature(activation_layout(g))),
                "label": Out(neuron_bits(g)),
                "classified": In(1),
                "prediction": In(neuron_bits(g)),
                "wrong": In(1),
                "output_start": Out(1),
                "output_busy": In(1),
                "unload_start": Out(1),
                "unload_busy": In(1),
                "scan_start": Out(1),
                "learn_start": Out(1),
                "backward": Out(1),
                "fold": Out(range(g.folds)),
                "slice": Out(range(g.slices)),
                "learn_set": Out(bits_for(INPUT_SETS - 1)),
                "learning": In(1),
                "frontier": In(neuron_bits(g) + 1),
                "trained": Out(1),
                "learned": Out(1),
                "phase": Out(EVENTS_LAYOUT),
                "starving": In(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        token = self.tokens.payload
        accepted = self.tokens.valid & self.tokens.ready
        layer, index = self.layer, self.index
        last_index = Signal.like(index)
        train, pixel_set = self.train, Signal()
        fold, slice_ = self.fold, self.slice
        neuron = Signal(neuron_bits(g))
        row = Signal.like(token.address)  # the word of the row's fold 0
        last_fold = Signal()
        cell, inputs = Signal.like(token.cell), Signal.like(token.inputs)
        first, word, last_word = Signal(word_bits(g)), Signal(word_bits(g)), Signal(word_bits(g))
        input_set = Signal(range(INPUT_SETS))
        first_input = Array(i * g.folds for i in range(INPUT_SETS))

        m.d.sync += [
            last_index.eq(self.network.layers - 1),
            last_word.eq((layer.inputs - 1)[bits_for(g.synapses_per_cell - 1) :]),
        ]
        activations = self.activations.payload
        m.d.comb += [
            input_set.eq(Mux(index == 0, pixel_set, index + 1)),
            self.learn_set.eq(input_set),
            last_fold.eq(fold + 1 == layer.folds),
            token.last.eq(last_fold),
            token.address.eq(row + fold),
            token.inputs.eq(inputs + fold),
            token.cell.eq(cell),
            token.operand.eq(Cat(activations.valid, activations.negative)),
        ]
        with m.If(self.select):
            m.d.sync += index.eq(self.next_index)
        m.d.sync += [self.normalise_start.eq(0), self.classify_start.eq(0)]
        with m.If(self.predictions.ready):
            m.d.sync += self.predictions.valid.eq(0)

        with m.FSM(name="state") as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("IDLE") | self.learning | self.predictions.valid)
            with m.State("IDLE"):
                m.d.comb += self.staged.ready.eq(1)
                with m.If(self.staged.valid):
                    m.d.comb += self.phase.cycles_forward.eq(1)
                    m.d.sync += [
                        train.eq(self.staged.payload.train),
                        self.label.eq(self.staged.payload.label),
                        pixel_set.eq(self.staged.payload.set),
                    ]
                    m.next = "LAYER"
                with m.Else():
                    m.d.comb += self.phase.cycles_starved.eq(self.starving)

            with m.State("LAYER"):
                m.d.comb += self.phase.cycles_forward.eq(1)
                m.d.sync += [
                    self.normalise_start.eq(self.settled & (index != last_index)),
                    self.classify_start.eq(self.settled & (index == last_index)),
                    row.eq(layer.base),
                    neuron.eq(0),
                    fold.eq(0),
                    inputs.eq(first_input[input_set]),
                ]
                with m.If(self.settled):
                    m.next = "FORWARD"

            with m.State("FORWARD"):
                allowed = (index != 0) | ~self.learning | (neuron < self.frontier)
                m.d.comb += [
                    token.opcode.eq(Opcode.FORWARD),
                    self.tokens.valid.eq(allowed),
                    self.phase.cycles_forward.eq(accepted),
                    self.phase.cycles_learn.eq(~accepted),
                ]
                with m.If(accepted):
                    m.d.sync += fold.eq(fold + 1)
                    with m.If(last_fold):
                        m.d.sync += [fold.eq(0), row.eq(row + g.folds), neuron.eq(neuron + 1)]
                        with m.If(neuron + 1 == layer.neurons):
                            m.d.sync += [cell.eq(0), inputs.eq(first_input[index + 2])]
                            # the next layer's registers come while the last sums do; mostly, no error follows the last layer
                            m.d.comb += self.select.eq(1)
                            with m.If(index == last_index):
                                m.next = "CLASSIFY"
                            with m.Else():
                                m.d.comb += self.next_index.eq(index + 1)
                                m.next = "ACTIVATE"

            with m.State("ACTIVATE"):
                m.d.comb += [
                    token.opcode.eq(Opcode.LOAD),
                    self.tokens.valid.eq(self.activations.valid),
                    self.activations.ready.eq(self.tokens.ready),
                    self.phase.cycles_activate.eq(self.activations.valid),
                    self.phase.cycles_normalise.eq(~self.activations.valid),
                ]
                with m.If(accepted):
                    m.d.sync += cell.eq(cell + 1)
                    with m.If(cell == g.cells - 1):
                        m.d.sync += [cell.eq(0), inputs.eq(inputs + 1)]
                    with m.If(activations.last):
                        m.next = "LAYER"

            with m.State("CLASSIFY"):
                m.d.comb += self.phase.cycles_classify.eq(1)
                with m.If(self.classified & ~self.predictions.valid):
                    m.d.comb += self.trained.eq(train)
                    m.d.sync += [self.predictions.valid.eq(1), self.predictions.payload.eq(self.prediction)]
                    with m.If(train & self.wrong):
                        m.d.comb += [self.learned.eq(1), self.select.eq(1), self.next_index.eq(last_index)]
                        m.next = "ERROR"
                    with m.Else():
                        m.next = "IDLE"

            with m.State("ERROR"):
                m.d.comb += [self.phase.cycles_backward.eq(1), self.output_start.eq(~self.learning)]
                with m.If(~self.learning):
                    m.next = "OUTPUT ERRORS"

            with m.State("OUTPUT ERRORS"):
                m.d.comb += self.phase.cycles_backward.eq(1)
                m.d.sync += [fold.eq(0), slice_.eq(0), first.eq(0)]
                with m.If(~self.output_busy & self.settled):
                    m.d.comb += self.unload_start.eq(index != 0)
                    m.next = "LEARN"
                    with m.If(index != 0):
                        m.next = "CLEAR"

            with m.State("CLEAR"):
                m.d.comb += [
                    token.opcode.eq(Opcode.CLEAR),
                    self.tokens.valid.eq(1),
                    self.learn_start.eq(accepted),
                    self.backward.eq(1),
                    self.scan_start.eq(accepted),
                    self.phase.cycles_backward.eq(1),
                ]
                with m.If(accepted):
                    m.next = "BACKWARD"

            with m.State("BACKWARD"):
                m.d.comb += self.phase.cycles_backward.eq(1)
                m.d.sync += [cell.eq(0), word.eq(first)]
                with m.If(~self.learning):
                    m.next = "UNLOAD"

            with m.State("UNLOAD"):
                m.d.comb += [
                    token.opcode.eq(Opcode.UNLOAD),
                    self.tokens.valid.eq(~self.near_busy),
                    self.phase.cycles_backward.eq(1),
                ]
                with m.If(accepted):
                    m.d.sync += [cell.eq(cell + 1), word.eq(word + 1)]
                    with m.If((cell == g.cells - 1) | (word == last_word)):
                        m.d.sync += slice_.eq(slice_ + 1)
                        m.next = "CLEAR"
                        with m.If(slice_ == g.slices - 1):
                            m.d.sync += [slice_.eq(0), fold.eq(fold + 1), first.eq(first + g.cells)]
                            with m.If(last_fold):
                                m.next = "LEARN"

            with m.State("LEARN"):
                m.d.comb += [self.learn_start.eq(1), self.scan_start.eq(1), self.phase.cycles_learn.eq(1)]
                m.next = "IDLE"
                with m.If(index != 0):
                    m.d.comb += [self.select.eq(1), self.next_index.eq(index - 1)]
                    m.next = "LEARNING"

            with m.State("LEARNING"):
                m.d.comb += [
                    self.phase.cycles_learn.eq(self.learning),
                    self.phase.cycles_backward.eq(~self.learning),
                ]
                m.d.sync += [fold.eq(0), first.eq(0)]
                with m.If(~self.learning & ~self.unload_busy & self.settled):
                    m.d.comb += self.unload_start.eq(index != 0)
                    m.next = "LEARN"
                    with m.If(index != 0):
                        m.next = "CLEAR"
        return m
