"""Mean and activation of a hidden layer (clauses 4 and 5), and which neurons are near their threshold (clause 8).

With a_j = 2 · matches_j - v, v the layer's number of valid inputs, the mean is floor(Σ a_j / n) = q - v where
q = floor(2 · Σ matches_j / n). So v cancels out of a_j >= μ + gate and |a_j - μ - gate| <= window, and nobody has to
count the valid inputs.
"""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.forward.bounds import Bounds
from hw.forward.fold_sum import RowMatches
from hw.forward.group_sums import GroupSums
from hw.forward.match_store import MatchStore
from hw.forward.mean import Mean
from hw.layouts import layer_layout
from hw.learning.error_store import NearFlags, word_bits
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS


def activation_layout(geometry: Geometry) -> data.StructLayout:
    """K neighbouring neurons: their ternary activations."""
    k = geometry.synapses_per_cell
    return data.StructLayout({"valid": k, "negative": k, "last": 1})


class NormaliseControl(wiring.Signature):
    """What the sequencer and `Normalise` say to each other, seen from the sequencer.

    Members
    -------
    start : one cycle, before the first sum of a hidden layer
    layer, index, train : the layer's registers and index (0…3), whether the sample is one to train with; taken at `start`
    activations : words of K neurons (`activation_layout`); neurons past the layer's end are not valid
    near_busy : near flags of some of them are still to come
    sample, kept : with groups, whose layer it is, steady from `start` on; with `start`: its sums are there, of a group's pass
    stop : with groups, one cycle: near flags that are still to come are not wanted
    mended : with groups, one cycle: a row that came again is in the sums
    """

    def __init__(self, geometry: Geometry) -> None:
        of_groups = {"sample": Out(range(geometry.group)), "kept": Out(1), "stop": Out(1), "mended": In(1)}
        super().__init__(
            {
                "start": Out(1),
                "layer": Out(layer_layout(geometry)),
                "index": Out(bits_for(MAX_LAYERS - 1)),
                "train": Out(1),
                "activations": In(stream.Signature(activation_layout(geometry))),
                "near_busy": In(1),
            }
            | (of_groups if geometry.group > 1 else {})
        )


class Normalise(wiring.Component):
    """Stores the matches of a hidden layer's neurons, then gives their activations, K a cycle, in order.

    One comparison a neuron tells the activations. Of a training sample the words are then compared twice more, with both
    ends of the window, while the next layer is computed already.

    Members
    -------
    control : of the sequencer
    row : one neuron's matches; those that come without `start` are ignored
    near : which of K neurons are within the window; two cycles a word

    Latency from the last row to the first word: bits of 2 · columns for the division, plus 7 cycles.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.lanes = geometry.synapses_per_cell
        super().__init__(
            {
                "control": In(NormaliseControl(geometry)),
                "row": In(RowMatches(geometry)),
                "near": Out(NearFlags(geometry)),
            }
        )
        word = word_bits(geometry)
        self.last_word = Signal(word)
        self.last_lane = Signal(bits_for(self.lanes - 1))
        self.gated = Signal()
        self.reading = Signal()
        self.near_pass = Signal()  # for the near flags; before it, words are read for the activations
        # A word in the last of three stages: it is read, compared, and given. In a near pass it comes twice.
        self.held = Signal()
        self.held_half = Signal()
        self.held_last = Signal()
        self.inside = Signal(self.lanes)  # which of its neurons are the layer's

    def elaborate(self, platform: object) -> Module:
        m = Module()
        store, mean = self._add_sums(m) if self.geometry.group == 1 else self._add_group_sums(m)
        m.submodules.bounds = bounds = Bounds(bits_for(self.geometry.columns))
        m.d.comb += [store.bound.eq(bounds.bound), bounds.quotient.eq(mean.quotient)]
        self._read_words(m, store)
        self._give_activations(m, store)
        self._give_near_flags(m, store)
        self._take_turns(m, mean, bounds)
        return m

    def _add_sums(self, m: Module) -> tuple[MatchStore, Mean]:
        m.submodules.store = store = MatchStore(self.geometry)
        m.submodules.mean = mean = Mean(self.geometry)
        connect(m, flipped(self.row), mean.row)
        m.d.comb += [
            mean.start.eq(self.control.start),
            mean.neurons.eq(self.control.layer.neurons),
            store.write.eq(mean.counts),
            store.neuron.eq(mean.neuron),
            store.matches.eq(self.row.matches),
        ]
        return store, mean

    def _add_group_sums(self, m: Module) -> tuple[GroupSums, GroupSums]:
        control = self.control
        m.submodules.sums = sums = GroupSums(self.geometry)
        connect(m, flipped(self.row), sums.row)
        m.d.comb += [
            sums.start.eq(control.start & ~control.kept),
            sums.neurons.eq(control.layer.neurons),
            sums.divide.eq(control.start & control.kept),
            sums.first.eq(control.index == 0),
            sums.sample.eq(control.sample),
            control.mended.eq(sums.mended),
        ]
        return sums, sums

    def _read_words(self, m: Module, store: MatchStore | GroupSums) -> None:
        """The first two stages."""
        out = self.control.activations
        word = Signal.like(self.last_word)
        half = Signal()
        fetched = Signal()
        fetched_half = Signal()
        fetched_last = Signal()
        inside = Signal(self.lanes)  # of the last word's neurons
        m.d.sync += inside.eq(Cat(i <= self.last_lane for i in range(self.lanes)))
        m.d.comb += [
            store.word.eq(word),
            store.enable.eq(~out.valid | out.ready),
            self.inside.eq(Mux(self.held_last, inside, ~0)),
        ]
        with m.If(store.enable):
            m.d.sync += [
                fetched.eq(self.reading),
                fetched_half.eq(half),
                fetched_last.eq(word == self.last_word),
                self.held.eq(fetched),
                self.held_half.eq(fetched_half),
                self.held_last.eq(fetched_last),
            ]
            with m.If(self.reading):
                m.d.sync += [half.eq(~half & self.near_pass), word.eq(word + (half | ~self.near_pass))]
                with m.If((word == self.last_word) & (half | ~self.near_pass)):
                    m.d.sync += [self.reading.eq(0), word.eq(0)]
        if self.geometry.group > 1:
            with m.If(self.near_pass & self.control.stop):
                m.d.sync += Cat(self.near_pass, self.reading, word, half, fetched, self.held).eq(0)

    def _give_activations(self, m: Module, store: MatchStore | GroupSums) -> None:
        out, gated = self.control.activations, self.gated.replicate(self.lanes)
        with m.If(store.enable):
            m.d.sync += [
                out.valid.eq(self.held & ~self.near_pass),
                out.payload.last.eq(self.held_last),
                out.payload.valid.eq(self.inside & (store.reaches | ~gated)),
                out.payload.negative.eq(~(store.reaches | gated)),
            ]

    def _give_near_flags(self, m: Module, store: MatchStore | GroupSums) -> None:
        """First the lower end of the window, then the upper one, which a near neuron does not reach."""
        above = Signal(self.lanes)
        m.d.sync += [
            self.near.valid.eq(self.held & self.held_half),
            above.eq(self.inside & store.reaches),
            self.near.flags.eq(above & ~store.reaches),
        ]
        with m.If(self.near.valid):
            m.d.sync += self.near.word.eq(self.near.word + 1)
        m.d.sync += self.control.near_busy.eq(self.near_pass | self.near.valid)

    def _take_turns(self, m: Module, mean: Mean | GroupSums, bounds: Bounds) -> None:
        """One layer after another: its sums, a pass over its words for the activations, and one for the near flags."""
        control, out = self.control, self.control.activations
        train = Signal()
        index = Signal.like(control.index)
        with m.If(control.start):
            m.d.sync += [
                bounds.gate.eq(control.layer.gate),
                bounds.window.eq(control.layer.window),
                self.gated.eq(control.layer.gated),
                train.eq(control.train),
                index.eq(control.index),
            ]
        divided = Signal()  # a quotient waits for the end of the pass before
        with m.If(mean.done):
            m.d.sync += divided.eq(1)
        with m.FSM():
            with m.State("sums"):
                with m.If(mean.done | divided):
                    m.d.comb += bounds.load.eq(1)
                    m.d.sync += [
                        divided.eq(0),
                        self.near.layer.eq(index),
                        Cat(self.last_lane, self.last_word).eq(mean.neuron - 1),
                    ]
                    m.next = "threshold"
            with m.State("threshold"):
                m.d.sync += self.reading.eq(1)
                m.next = "words"
            with m.State("words"):
                with m.If(out.valid & out.ready & out.payload.last):
                    m.next = "sums"
                    with m.If(train):
                        m.d.sync += [self.near_pass.eq(1), self.reading.eq(1), self.near.word.eq(0)]
                        m.next = "near"
            with m.State("near"):
                m.d.comb += bounds.swap.eq(self.reading)
                with m.If(self.held & self.held_half & self.held_last):
                    m.d.sync += self.near_pass.eq(0)
                    m.next = "sums"
                if self.geometry.group > 1:
                    with m.If(control.stop):
                        m.next = "sums"
