"""Mean and activation of a hidden layer (clauses 4 and 5), and which neurons are near their threshold (clause 8).

With a_j = 2 · matches_j - v, v the layer's number of valid inputs, the mean is floor(Σ a_j / n) = q - v where
q = floor(2 · Σ matches_j / n). So v cancels out of a_j >= μ + gate and |a_j - μ - gate| <= window: nothing here is
ever negative before the last subtraction, and nobody has to count the valid inputs.
"""

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.forward.divide import Divider
from hw.layouts import LAYER_LAYOUT
from sw.contract.geometry import Geometry, bits_for


def activation_layout(geometry: Geometry) -> data.StructLayout:
    """K neighbouring neurons: ternary activation, and whether each is within the window."""
    k = geometry.synapses_per_cell
    return data.StructLayout({"word": bits_for(geometry.words - 1), "valid": k, "negative": k, "near": k, "last": 1})


class Normalise(wiring.Component):
    """Stores the matches of a hidden layer's neurons, then gives their activations, K a cycle, in order.

    Members
    -------
    start : one cycle, before the first `valid` of a hidden layer; matches that come without it are ignored
    layer : the layer's registers, steady from `start` to the last activation
    valid, matches : one neuron's matches (`hw.forward.fold_sum`)
    activations : words of K neurons (`activation_layout`); neurons past the layer's end are not valid and not near
    mean : q of the last layer, for observers

    Latency from the last `valid` to the first word: bits of 2 · columns for the division, plus 7 cycles.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.width = bits_for(geometry.columns)
        super().__init__(
            {
                "start": In(1),
                "layer": In(LAYER_LAYOUT),
                "valid": In(1),
                "matches": In(unsigned(self.width)),
                "activations": Out(stream.Signature(activation_layout(geometry))),
                "mean": Out(unsigned(self.width + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g, width = self.geometry, self.width
        lanes = g.synapses_per_cell
        lane_bits = bits_for(lanes - 1)
        neuron_bits = bits_for(min(g.columns, g.rows))

        words = g.words_of(min(g.columns, g.rows))  # a layer has no more neurons than the board has rows
        m.submodules.store = store = Memory(shape=data.ArrayLayout(width, lanes), depth=words, init=[])
        write, read = store.write_port(granularity=1), store.read_port()
        m.submodules.divider = divider = Divider(
            dividend_width=neuron_bits + width + 1, divisor_width=neuron_bits, quotient_width=width + 1
        )

        neuron = Signal(neuron_bits)
        neurons = self.layer.neurons[:neuron_bits]
        total = Signal(neuron_bits + width)
        counting, complete = Signal(), Signal()
        m.d.comb += [write.addr.eq(neuron[lane_bits:]), divider.divisor.eq(neurons), self.mean.eq(divider.quotient)]
        m.d.comb += [write.data[i].eq(self.matches) for i in range(lanes)]
        m.d.comb += [divider.dividend.eq(total << 1), divider.start.eq(complete)]
        m.d.sync += complete.eq(0)
        with m.If(self.start):
            m.d.sync += [counting.eq(1), neuron.eq(0), total.eq(0)]
        with m.Elif(counting & self.valid):
            with m.If(neuron + 1 == neurons):
                m.d.sync += [counting.eq(0), complete.eq(1)]
            m.d.comb += write.en.eq(1 << neuron[:lane_bits])
            m.d.sync += [neuron.eq(neuron + 1), total.eq(total + self.matches)]

        # Three stages: word from the store; differences from the threshold; comparisons.
        out = self.activations
        advance = ~out.valid | out.ready
        word, last_word, last_lane = Signal.like(out.payload.word), Signal.like(out.payload.word), Signal(lane_bits)
        reading, fetched, measured = Signal(), Signal(), Signal()
        fetched_word, measured_word = Signal.like(word), Signal.like(word)
        threshold = Signal(signed(max(width + 3, 12)))  # q <= 2 · columns, |gate| <= 1023
        window = self.layer.window[:10]
        difference = [Signal(signed(len(threshold) + 1), name=f"difference_{i}") for i in range(lanes)]
        m.d.comb += [read.addr.eq(word), read.en.eq(advance)]
        m.d.sync += [
            threshold.eq(divider.quotient + self.layer.gate),
            Cat(last_lane, last_word).eq(neurons - 1),
        ]
        ready = Signal()  # one cycle after the quotient, when the threshold has settled
        m.d.sync += ready.eq(divider.done)
        with m.If(ready):
            m.d.sync += [reading.eq(1), word.eq(0)]
        with m.Elif(advance & reading):
            m.d.sync += word.eq(word + 1)
            with m.If(word == last_word):
                m.d.sync += reading.eq(0)

        inside = Cat((measured_word != last_word) | (i <= last_lane) for i in range(lanes))
        fires = Cat(d >= 0 for d in difference)
        with m.If(advance):
            m.d.sync += [fetched.eq(reading), fetched_word.eq(word)]
            m.d.sync += [measured.eq(fetched), measured_word.eq(fetched_word)]
            m.d.sync += [d.eq((read.data[i] << 1) - threshold) for i, d in enumerate(difference)]
            m.d.sync += [
                out.valid.eq(measured),
                out.payload.word.eq(measured_word),
                out.payload.last.eq(measured_word == last_word),
                out.payload.valid.eq(inside & Mux(self.layer.gated[0], fires, ~0)),
                out.payload.negative.eq(Mux(self.layer.gated[0], 0, ~fires)),
                out.payload.near.eq(inside & Cat((d <= window) & (d >= -window) for d in difference)),
            ]
        return m
