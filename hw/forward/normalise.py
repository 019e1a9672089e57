"""Mean and activation of a hidden layer (clauses 4 and 5), and which neurons are near their threshold (clause 8).

With a_j = 2 · matches_j - v, v the layer's number of valid inputs, the mean is floor(Σ a_j / n) = q - v where
q = floor(2 · Σ matches_j / n). So v cancels out of D_j = a_j - μ = 2 · matches_j - q. It only chooses an entry of the table of
gates and windows.
"""

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine_ports import TABLE_LAYOUT
from hw.forward.bounds import Bounds, Distance
from hw.forward.bounds_table import BoundsTable
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
    entry : of the layer's gate and window; from `start` until its activations have been taken
    activations : words of K neurons (`activation_layout`); neurons past the layer's end are not valid
    near_busy : near flags of some of them are still to come; until then, near_word : words of K whose flags have come
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
                "entry": Out(bits_for(geometry.bounds_entries - 1)),
                "activations": In(stream.Signature(activation_layout(geometry))),
                "near_busy": In(1),
                "near_word": In(word_bits(geometry)),
            }
            | (of_groups if geometry.group > 1 else {})
        )


class Normalise(wiring.Component):
    """Stores the matches of a hidden layer's neurons, then gives their activations, K a word, in order.

    `Geometry.compared` neurons a cycle are compared with the gate on both sides of the mean: a word, or half of one. Of a
    training sample they are then compared twice more, with both ends of the window, while the next layer is computed already.

    Members
    -------
    control : of the sequencer
    row : one neuron's matches; those that come without `start` are ignored
    near : which neurons are within the window; two cycles for those that are compared at once
    table : one byte of a table at a time (`hw.forward.bounds_table`)

    Latency from the last row to the first word: bits of 2 · columns for the division, plus 7 cycles, and one more where
    a word has two halves.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.lanes = geometry.compared
        self.parts = geometry.synapses_per_cell // self.lanes
        super().__init__(
            {
                "control": In(NormaliseControl(geometry)),
                "row": In(RowMatches(geometry)),
                "near": Out(NearFlags(geometry)),
                "table": In(stream.Signature(TABLE_LAYOUT)),
            }
        )
        self.last_word = Signal(bits_for(-(-geometry.rows // self.lanes) - 1))
        self.last_lane = Signal(bits_for(self.lanes - 1))
        self.gated = Signal()
        self.band = Signal()
        self.reading = Signal()
        self.half = Signal()  # of a near pass: the upper end of the window
        self.fetched = Signal()
        self.near_pass = Signal()  # for the near flags; before it, words are read for the activations
        # A word in the last of three stages: it is read, compared, and given. In a near pass it comes twice. Words here are of
        # the neurons that are compared at once.
        self.held = Signal()
        self.held_odd = Signal()
        self.held_half = Signal()
        self.held_last = Signal()
        self.near_odd = Signal()  # of the half whose near flags are given
        self.inside = Signal(self.lanes)  # which of its neurons are the layer's

    def elaborate(self, platform: object) -> Module:
        m = Module()
        store, mean = self._add_sums(m)
        m.submodules.bounds = bounds = Bounds(bits_for(self.geometry.columns))
        m.submodules.table = table = BoundsTable(self.geometry)
        connect(m, flipped(self.row), mean.row)
        connect(m, flipped(self.table), table.table)
        if isinstance(mean, GroupSums):
            self._control_group(m, mean)
        elif isinstance(store, MatchStore):
            self._control_sums(m, store, mean)
        m.d.comb += [
            store.above.eq(bounds.above),
            store.below.eq(bounds.below),
            store.reached.eq(bounds.reached),
            bounds.quotient.eq(mean.quotient),
            bounds.gate.eq(table.word.as_signed()),
            bounds.band.eq(self.band),
            bounds.window.eq(table.word),
            table.entry.eq(self.control.entry),
        ]
        self._read_words(m, store)
        self._give_activations(m, store)
        self._give_near_flags(m, store)
        self._take_turns(m, mean, bounds, table)
        return m

    def _add_sums(self, m: Module) -> tuple[MatchStore, Mean] | tuple[GroupSums, GroupSums]:
        if self.geometry.group > 1:
            m.submodules.sums = sums = GroupSums(self.geometry)
            return sums, sums
        m.submodules.store = store = MatchStore(self.geometry)
        m.submodules.mean = mean = Mean(self.geometry)
        return store, mean

    def _control_sums(self, m: Module, store: MatchStore, mean: Mean) -> None:
        m.d.comb += [
            mean.start.eq(self.control.start),
            mean.neurons.eq(self.control.layer.neurons),
            store.write.eq(mean.counts),
            store.neuron.eq(mean.neuron),
            store.matches.eq(self.row.matches),
        ]

    def _control_group(self, m: Module, sums: GroupSums) -> None:
        control = self.control
        m.d.comb += [
            sums.start.eq(control.start & ~control.kept),
            sums.neurons.eq(control.layer.neurons),
            sums.divide.eq(control.start & control.kept),
            sums.first.eq(control.index == 0),
            sums.sample.eq(control.sample),
            control.mended.eq(sums.mended),
        ]

    def _read_words(self, m: Module, store: MatchStore | GroupSums) -> None:
        """The first two stages."""
        out = self.control.activations
        word = Signal.like(self.last_word)
        half, fetched = self.half, self.fetched
        fetched_half = Signal()
        fetched_odd = Signal()
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
                fetched_odd.eq(word[0]),
                fetched_last.eq(word == self.last_word),
                self.held.eq(fetched),
                self.held_half.eq(fetched_half),
                self.held_odd.eq(fetched_odd),
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
        """Of a word's two halves the first one waits for the second, which may not be there."""
        out = self.control.activations
        gated, band = self.gated.replicate(self.lanes), self.band.replicate(self.lanes)
        fires = Signal(self.lanes)
        m.d.comb += fires.eq(store.at_gate | (~store.beside & band))
        valid, negative = self.inside & (fires | ~gated), ~(fires | gated)
        complete = self.held_odd | self.held_last if self.parts == 2 else 1
        with m.If(store.enable):
            m.d.sync += [
                out.valid.eq(self.held & ~self.near_pass & complete),
                out.payload.last.eq(self.held_last),
                self._part_of(out.payload.valid).eq(valid),
                self._part_of(out.payload.negative).eq(negative),
            ]
            if self.parts == 2:
                with m.If(~self.held_odd):
                    m.d.sync += [out.payload.valid.eq(valid), out.payload.negative.eq(negative)]

    def _part_of(self, word: Value) -> Value:
        """The last half of a word of K neurons, or all of it."""
        return word[len(word) - self.lanes :]

    def _give_near_flags(self, m: Module, store: MatchStore | GroupSums) -> None:
        """First the inner end of the window, then the outer one, which a near neuron does not reach on its side of the mean."""
        near = self.near
        above = Signal(self.lanes)
        below = Signal(self.lanes)
        is_above, is_below = above & ~store.at_gate, below & store.beside
        m.d.sync += [
            near.valid.eq(self.held & self.held_half),
            above.eq(self.inside & store.at_gate),
            below.eq(self.inside & ~store.beside & self.band.replicate(self.lanes)),
            near.flags.eq(is_above | is_below),
            near.mirrored.eq(~is_above),
        ]
        m.d.comb += [near.part.eq(Cat(~self.near_odd, C(1))), self.control.near_word.eq(near.word)]
        with m.If(near.valid):
            if self.parts == 2:
                m.d.sync += Cat(self.near_odd, near.word).eq(Cat(self.near_odd, near.word) + 1)
            else:
                m.d.sync += near.word.eq(near.word + 1)
        m.d.sync += self.control.near_busy.eq(self.near_pass | self.near.valid)

    def _take_turns(self, m: Module, mean: Mean | GroupSums, bounds: Bounds, table: BoundsTable) -> None:
        """One layer after another: its sums, a pass over its words for the activations, and one for the near flags."""
        control, out = self.control, self.control.activations
        band = Signal()  # of the layer that is summed; `self.band` is that of the one that is compared
        train = Signal()
        index = Signal.like(control.index)
        with m.If(control.start):
            m.d.sync += [
                self.gated.eq(control.layer.mode[0]),
                band.eq(control.layer.mode[1]),
                train.eq(control.train),
                index.eq(control.index),
            ]
        divided = Signal()  # a quotient waits for the end of the pass before
        with m.If(mean.done):
            m.d.sync += divided.eq(1)
        comparing = Signal()  # with the gate, and not with an end of the window
        m.d.sync += bounds.window_load.eq(table.second)
        m.d.comb += bounds.distance.eq(Mux(comparing, Distance.GATE, Distance.LOWER))
        with m.If(self.near_pass & self.reading & ~self.half):
            m.d.comb += bounds.distance.eq(Distance.UPPER)
        with m.FSM():
            with m.State("sums"):
                with m.If(mean.done | divided):
                    m.d.comb += bounds.load.eq(1)
                    m.d.sync += [
                        divided.eq(0),
                        self.near.layer.eq(index),
                        self.band.eq(band),
                        Cat(self.last_lane, self.last_word).eq(mean.neuron - 1),
                    ]
                    m.next = "threshold"
            with m.State("threshold"):
                m.d.comb += [table.second.eq(1), comparing.eq(1)]
                m.d.sync += self.reading.eq(1)
                m.next = "words"
            with m.State("words"):
                m.d.comb += comparing.eq(self.reading | self.fetched)
                with m.If(out.valid & out.ready & out.payload.last):
                    m.next = "sums"
                    with m.If(train):
                        m.d.sync += [self.near_pass.eq(1), self.reading.eq(1), Cat(self.near_odd, self.near.word).eq(0)]
                        m.next = "near"
            with m.State("near"):
                with m.If(self.held & self.held_half & self.held_last):
                    m.d.sync += self.near_pass.eq(0)
                    m.next = "sums"
                if self.geometry.group > 1:
                    with m.If(control.stop):
                        m.next = "sums"
