"""Mean and activation of a hidden layer (clauses 4 and 5), and which neurons are near their threshold (clause 8).

With a_j = 2 · matches_j - v, v the layer's number of valid inputs, the mean is floor(Σ a_j / n) = q - v where
q = floor(2 · Σ matches_j / n). So v cancels out of a_j >= μ + gate and |a_j - μ - gate| <= window, and nobody has to
count the valid inputs.
"""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.forward.bounds import Bounds
from hw.forward.divide import Divider
from hw.forward.match_store import MatchStore
from hw.layouts import layer_layout
from hw.learning.error_store import word_bits
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS


def activation_layout(geometry: Geometry) -> data.StructLayout:
    """K neighbouring neurons: their ternary activations."""
    k = geometry.synapses_per_cell
    return data.StructLayout({"valid": k, "negative": k, "last": 1})


class Normalise(wiring.Component):
    """Stores the matches of a hidden layer's neurons, then gives their activations, K a cycle, in order.

    One comparison a neuron tells the activations. Of a training sample the words are then compared twice more, with both
    ends of the window, while the next layer is computed already.

    Members
    -------
    start : one cycle, before the first `valid` of a hidden layer; matches that come without it are ignored
    layer, index, train : the layer's registers and index, whether the sample is one to train with; taken at `start`
    valid, matches : one neuron's matches (`hw.forward.fold_sum`)
    activations : words of K neurons (`activation_layout`); neurons past the layer's end are not valid
    near_valid, near_layer, near_word, near : which of K neurons are within the window; two cycles a word
    near_busy : some of them are still to come
    mean : q of the last layer, for observers

    Latency from the last `valid` to the first word: bits of 2 · columns for the division, plus 7 cycles.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.width = bits_for(geometry.columns)
        k, layer = geometry.synapses_per_cell, bits_for(MAX_LAYERS - 1)
        super().__init__(
            {
                "start": In(1),
                "layer": In(layer_layout(geometry)),
                "index": In(layer),
                "train": In(1),
                "valid": In(1),
                "matches": In(unsigned(self.width)),
                "activations": Out(stream.Signature(activation_layout(geometry))),
                "near_valid": Out(1),
                "near_layer": Out(layer),
                "near_word": Out(word_bits(geometry)),
                "near": Out(k),
                "near_busy": Out(1),
                "mean": Out(unsigned(self.width + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g, width = self.geometry, self.width
        lanes = g.synapses_per_cell
        lane_bits = bits_for(lanes - 1)
        neuron_bits = bits_for(min(g.columns, g.rows))
        m.submodules.store = store = MatchStore(g)
        m.submodules.divider = divider = Divider(
            dividend_width=neuron_bits + width + 1, divisor_width=neuron_bits, quotient_width=width + 1
        )
        m.submodules.bounds = bounds = Bounds(width)

        # sums arrive: K of them are a word of the store
        neuron, neurons = Signal(neuron_bits), Signal(neuron_bits)
        total = Signal(neuron_bits + width)
        counting, complete = Signal(), Signal()
        last_word, last_lane = Signal.like(self.near_word), Signal(lane_bits)
        gated, train, index = Signal(), Signal(), Signal.like(self.index)
        m.d.comb += [
            divider.dividend.eq(total << 1),
            divider.divisor.eq(neuron),  # counted up to the number of neurons by then
            divider.start.eq(complete),
            self.mean.eq(divider.quotient),
            store.write.eq(counting & self.valid),
            store.neuron.eq(neuron),
            store.matches.eq(self.matches),
        ]
        m.d.sync += complete.eq(0)
        with m.If(self.start):
            m.d.sync += [
                counting.eq(1),
                neuron.eq(0),
                total.eq(0),
                neurons.eq(self.layer.neurons),
                bounds.gate.eq(self.layer.gate),
                bounds.window.eq(self.layer.window),
                gated.eq(self.layer.gated),
                train.eq(self.train),
                index.eq(self.index),
            ]
        with m.Elif(counting & self.valid):
            m.d.sync += [neuron.eq(neuron + 1), total.eq(total + self.matches)]
            with m.If(neuron + 1 == neurons):
                m.d.sync += [counting.eq(0), complete.eq(1)]

        # Three stages: a word is read, compared, and given.
        out = self.activations
        advance = ~out.valid | out.ready
        word, half, reading = Signal.like(self.near_word), Signal(), Signal()
        fetched, fetched_half, fetched_last = Signal(), Signal(), Signal()
        held, held_half, held_last = Signal(), Signal(), Signal()
        inside = Signal(lanes)  # of the last word's neurons
        near_pass = Signal()
        m.d.comb += [store.word.eq(word), store.enable.eq(advance), store.bound.eq(bounds.bound)]
        with m.If(advance):
            m.d.sync += [
                fetched.eq(reading),
                fetched_half.eq(half),
                fetched_last.eq(word == last_word),
                held.eq(fetched),
                held_half.eq(fetched_half),
                held_last.eq(fetched_last),
            ]
            with m.If(reading):
                m.d.sync += [half.eq(~half & near_pass), word.eq(word + (half | ~near_pass))]
                with m.If((word == last_word) & (half | ~near_pass)):
                    m.d.sync += [reading.eq(0), word.eq(0)]

        reaches = store.reaches
        above = Signal(lanes)  # the lower end of the window
        m.d.sync += self.near_valid.eq(held & held_half)
        with m.If(advance):
            m.d.sync += [
                out.valid.eq(held & ~near_pass),
                out.payload.last.eq(held_last),
                out.payload.valid.eq(Mux(held_last, inside, ~0) & (reaches | ~gated.replicate(lanes))),
                out.payload.negative.eq(~(reaches | gated.replicate(lanes))),
            ]
        m.d.sync += [above.eq(Mux(held_last, inside, ~0) & reaches), self.near.eq(above & ~reaches)]
        with m.If(self.near_valid):
            m.d.sync += self.near_word.eq(self.near_word + 1)

        divided = Signal()  # a quotient waits for the end of the pass before
        m.d.comb += bounds.quotient.eq(divider.quotient)
        m.d.sync += self.near_busy.eq(near_pass | self.near_valid)
        with m.If(divider.done):
            m.d.sync += divided.eq(1)
        with m.FSM():
            with m.State("sums"):
                with m.If(divider.done | divided):
                    m.d.comb += bounds.load.eq(1)
                    m.d.sync += [divided.eq(0), self.near_layer.eq(index), Cat(last_lane, last_word).eq(neuron - 1)]
                    m.next = "threshold"
            with m.State("threshold"):
                m.d.sync += reading.eq(1)
                m.next = "words"
            with m.State("words"):
                with m.If(out.valid & out.ready & out.payload.last):
                    m.next = "sums"
                    with m.If(train):
                        m.d.sync += [near_pass.eq(1), reading.eq(1), self.near_word.eq(0)]
                        m.next = "near"
            with m.State("near"):
                m.d.comb += bounds.swap.eq(reading)
                with m.If(held & held_half & held_last):
                    m.d.sync += near_pass.eq(0)
                    m.next = "sums"
        m.d.sync += inside.eq(Cat(i <= last_lane for i in range(lanes)))
        return m
