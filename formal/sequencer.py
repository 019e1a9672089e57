"""The sequencer never stops: if the rooms around it answer, every sample ends, with one prediction.

They answer when they like, at the latest `PATIENCE` cycles after they are asked. Then a step, which is a token that is
accepted or a change of state, comes within `LONGEST_WAIT` cycles; and with every step the rank falls, which bounds the steps
that are left of the sample. So a sample ends after at most rank times wait cycles. The network is any that the array holds.
The two sequences take turns: while one of them works, the other one is idle. A planted bug is looked for in a network of at
most two layers of one neuron, whose samples end sooner.
"""

from functools import reduce
from operator import or_

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS

NAME, FORWARD, LEARNING = "hw.sequencer", "hw.forward.sequence", "hw.learning.sequence"
GEOMETRY = Geometry(columns=8, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=2)
PATIENCE = 1
READER_PATIENCE = 4  # of predictions: a reader so slow that the next sample may come to its own before
LONGEST_WAIT = READER_PATIENCE + PATIENCE + 1

# The most steps of one layer: LAYER, FORWARD and LOAD tokens; CLEAR, BACKWARD and UNLOAD of each fold and slice, LEARN.
LOADS = 2
ROWS = GEOMETRY.rows * GEOMETRY.folds
AHEAD = 1 + ROWS + LOADS
BACK = 3 * GEOMETRY.folds * GEOMETRY.slices + 3


class SequencerHarness(Elaboratable):
    """The block among rooms that take their time, beside its rank."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug = bug
        self.copy, self.forward, self.learning = (copy_of(name, bug) for name in (NAME, FORWARD, LEARNING))
        self.copy.ForwardSequence = self.forward.ForwardSequence
        self.copy.LearningSequence = self.learning.LearningSequence

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Sequencer(GEOMETRY)
        m.submodules.block = elaborated = Elaborated(self.copy, block)
        forward, learning = elaborated.inside["forward"], elaborated.inside["learning"]
        layer, layers, activations = block.layer, block.network.layers, block.normalise.activations
        for steady in (layer.as_value(), layers):
            m.d.comb += steady.eq(AnyConst(len(steady)))
        m.d.comb += [
            Assume((layers >= 1) & (layers <= MAX_LAYERS)),
            Assume((layer.neurons >= 1) & (layer.neurons <= GEOMETRY.rows)),
            Assume((layer.folds >= 1) & (layer.folds <= GEOMETRY.folds)),
            Assume((layer.inputs >= 1) & (layer.inputs <= layer.folds << 2)),
        ]
        if self.bug is not None:
            m.d.comb += Assume((layers <= 2) & (layer.neurons == 1))
        for anything in (block.staged.valid, block.staged.payload.as_value(), block.classify.prediction, block.classify.wrong):
            free(m, anything)
        free(m, block.learner.frontier)
        free(m, block.normalise.near_word)

        waiting = Signal()  # an activation stays until it is taken
        m.d.sync += waiting.eq(activations.valid & ~activations.ready)
        m.d.comb += [
            block.settled.eq(~busy_after(m, block.select)),
            block.learner.active.eq(busy_after(m, block.learner.start)),
            block.errors.output.busy.eq(busy_after(m, block.errors.output.start)),
            block.errors.unload.busy.eq(busy_after(m, block.errors.unload.start)),
            block.normalise.near_busy.eq(busy_after(m, block.normalise.start)),
            block.classify.done.eq(in_time(m, 1)),
            block.tokens.ready.eq(in_time(m, block.tokens.valid)),
            block.predictions.ready.eq(in_time(m, block.predictions.valid, READER_PATIENCE)),
            activations.valid.eq(in_time(m, 1) | waiting),
        ]
        loads, last_load = Signal(range(LOADS)), activations.payload.last
        m.d.comb += last_load.eq(AnySeq(1) | (loads == LOADS - 1))
        with m.If(activations.valid & activations.ready):
            m.d.sync += loads.eq(Mux(last_load, 0, loads + 1))

        index = block.index
        tokens_left = layer.neurons * layer.folds - (forward.neuron * layer.folds + forward.fold)
        blocks_left = layer.folds * GEOMETRY.slices - (learning.fold * GEOMETRY.slices + learning.slice)
        ahead, backward = MAX_LAYERS * BACK + 4 + (layers - 1 - index) * AHEAD, index * BACK
        ranks = {
            "forward": {
                "idle": 0,
                "layer": ahead + 1 + ROWS,
                "forward": ahead + tokens_left,
                "activate": ahead + 1 + ROWS + LOADS - loads,
                "classify": MAX_LAYERS * BACK + 4,
            },
            "learning": {
                "idle": 0,
                "error": MAX_LAYERS * BACK + 3,
                "output errors": MAX_LAYERS * BACK + 2,
                "clear": backward + 3 * blocks_left + 1,
                "backward": backward + 3 * blocks_left,
                "unload": backward + 3 * blocks_left - 1,
                "learn": backward + 1,
                "learning": backward + BACK,
            },
        }
        machines = {sequence: elaborated.fsm(sequence, "fsm") for sequence in ranks}
        is_in = {
            sequence: {name: fsm.state == fsm.encoding[name] for name in ranks[sequence]} for sequence, fsm in machines.items()
        }
        rank = Signal(8)  # one of the two is zero
        m.d.comb += rank.eq(
            reduce(or_, (Mux(is_in[sequence][name], value, 0) for sequence in ranks for name, value in ranks[sequence].items()))
        )

        begun, still, owed = Signal(), Signal(range(LONGEST_WAIT + 2)), Signal(2)
        computes, learns = ~is_in["forward"]["idle"], ~is_in["learning"]["idle"]
        idle, states = ~computes & ~learns, Cat(fsm.state for fsm in machines.values())
        idle_before, rank_before, states_before = earlier(m, idle, 1), earlier(m, rank, 1), earlier(m, states, 1)
        accepted = earlier(m, block.tokens.valid & block.tokens.ready, 1)
        steps = accepted | (states != states_before)
        taken, given = block.staged.valid & block.staged.ready, block.predictions.valid & block.predictions.ready
        m.d.sync += [begun.eq(1), still.eq(Mux(idle | steps, 0, still + 1)), owed.eq(owed + taken - given)]
        m.d.comb += [
            Assert(still <= LONGEST_WAIT),
            Assert(~begun | idle | idle_before | ~steps | (rank < rank_before)),
            Assert(~begun | idle | idle_before | steps | (rank == rank_before)),
            *(Assert(Cat(each.values()).any()) for each in is_in.values()),
            # no sample begins while one is learned, but for its first layer
            Assert(~computes | ~learns),
            Assert(~(forward.tokens.valid & learning.tokens.valid)),
            # what the rank stands on
            Assert(index < layers),
            Assert(~idle | (index == 0)),
            Assert(~is_in["forward"]["forward"] | ((forward.neuron < layer.neurons) & (forward.fold < layer.folds))),
            *(Assert(~is_in["learning"][name] | (learning.fold < layer.folds)) for name in ("clear", "backward", "unload")),
            # every sample leaves one prediction, when it has been classified
            Assert(owed == block.predictions.valid + computes),
        ]
        return m


def in_time(m: Module, asked: Value, patience: int = PATIENCE) -> Signal:
    """Set at any time, and at the latest when it has been asked for in vain for `patience` cycles."""
    answer, waited = Signal(), Signal(range(patience + 1))
    m.d.comb += answer.eq(AnySeq(1) | (waited >= patience))
    m.d.sync += waited.eq(Mux(asked & ~answer, waited + 1, 0))
    return answer


def busy_after(m: Module, start: Value) -> Signal:
    """Set from the cycle after `start` on, for any time up to one cycle more than `PATIENCE`."""
    busy, ends = Signal(), in_time(m, 1)
    m.d.sync += busy.eq(start | (busy & ~ends))
    return busy


CLAIMS = (
    Claim(
        name="sequencer",
        about="every sample ends, after a bounded number of steps and of cycles, and leaves one prediction",
        harness=SequencerHarness,
        depth=LONGEST_WAIT + 3,
        bug_depth=40,
        bugs=(
            Bug(FORWARD, "with m.If(neuron + 1 == self.layer.neurons):", "with m.If(neuron == self.layer.neurons):"),
            Bug(NAME, "| ~self.learner.active | (forward.neuron", "| (forward.neuron"),
            Bug(FORWARD, "activations.ready.eq(self.tokens.ready),", "activations.ready.eq(0),"),
            Bug(FORWARD, "with m.If(classify.done & ~self.predictions.valid):", "with m.If(classify.done):"),
            Bug(LEARNING, "self.next_index.eq(self.index - 1)]", "self.next_index.eq(self.index)]"),
            Bug(LEARNING, "self.first.eq(self.first + g.cells)]", "self.first.eq(self.first + g.cells), fold.eq(0)]"),
            Bug(FORWARD, "self.predictions.valid.eq(0)", "self.predictions.valid.eq(1)"),
            Bug(FORWARD, "m.d.comb += self.next_index.eq(self.index + 1)", "pass"),
            Bug(NAME, "forward.hold.eq(learning.busy),", "forward.hold.eq(0),"),
        ),
    ),
)
