"""The sequencer never stops: if the rooms around it answer, every sample ends, with one prediction, alone or in a group.

They answer when they like, at the latest `PATIENCE` cycles after they are asked. Then a step, which is a token that is
accepted or a change of state, comes within `LONGEST_WAIT` cycles; and with every step the rank falls, which bounds the steps
that are left of the sample, or of its group. So they end after at most rank times wait cycles. The network is any that the
array holds. The two sequences take turns: while one of them works, the other one is idle, or waits for the next sample of the
group. A planted bug is looked for in a network of at most two layers of one neuron, whose samples end sooner; in groups, among
rooms that answer at once.
"""

from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, C, Cat, Elaboratable, Module, Mux, Signal, Value

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS

NAME, FORWARD, GROUP, LEARNING = "hw.sequencer", "hw.forward.sequence", "hw.forward.group_sequence", "hw.learning.sequence"
GEOMETRY = Geometry(columns=8, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=2)
PATIENCE = 1
READER_PATIENCE = 4  # of predictions: a reader so slow that the next sample may come to its own before
LONGEST_WAIT = READER_PATIENCE + PATIENCE + 1

# The most steps of one layer: LAYER, FORWARD and LOAD tokens; CLEAR, BACKWARD and UNLOAD of each fold and slice, LEARN.
LOADS = 2
ROWS = GEOMETRY.rows * GEOMETRY.folds
AHEAD = 1 + ROWS + LOADS
BACK = 3 * GEOMETRY.folds * GEOMETRY.slices + 3
LEARNED = MAX_LAYERS * BACK + 4  # of all learning
SAMPLE = LEARNED + 2 + MAX_LAYERS * AHEAD  # of a sample whose first layer is summed


class SequencerHarness(Elaboratable):
    """The block among rooms that take their time, beside its rank."""

    def __init__(self, group: int, bug: Bug | None) -> None:
        self.geometry, self.bug = replace(GEOMETRY, group=group), bug
        is_quick = bug is not None and group > 1
        self.patience, self.reader_patience = (0, 0) if is_quick else (PATIENCE, READER_PATIENCE)
        self.copy, self.forward, self.group, self.learning = (copy_of(name, bug) for name in (NAME, FORWARD, GROUP, LEARNING))
        self.copy.ForwardSequence = self.forward.ForwardSequence
        self.copy.GroupSequence = self.group.GroupSequence
        self.copy.LearningSequence = self.learning.LearningSequence

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Sequencer(self.geometry)
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
        arriving, left = self.add_group(m, block, forward)

        waiting = Signal()  # an activation stays until it is taken
        m.d.sync += waiting.eq(activations.valid & ~activations.ready)
        m.d.comb += [
            block.settled.eq(~busy_after(m, block.select, self.patience)),
            block.learner.active.eq(busy_after(m, block.learner.start, self.patience)),
            block.errors.output.busy.eq(busy_after(m, block.errors.output.start, self.patience)),
            block.errors.unload.busy.eq(busy_after(m, block.errors.unload.start, self.patience)),
            block.normalise.near_busy.eq(busy_after(m, block.normalise.start, self.patience)),
            block.classify.done.eq(in_time(m, 1, self.patience)),
            block.tokens.ready.eq(in_time(m, block.tokens.valid, self.patience)),
            block.predictions.ready.eq(in_time(m, block.predictions.valid, self.reader_patience)),
            activations.valid.eq(in_time(m, 1, self.patience) | waiting),
        ]
        loads, last_load = Signal(range(LOADS)), activations.payload.last
        m.d.comb += last_load.eq(AnySeq(1) | (loads == LOADS - 1))
        with m.If(activations.valid & activations.ready):
            m.d.sync += loads.eq(Mux(last_load, 0, loads + 1))

        index = block.index
        tokens_left = layer.neurons * layer.folds - (forward.neuron * layer.folds + forward.fold)
        blocks_left = layer.folds * GEOMETRY.slices - (learning.fold * GEOMETRY.slices + learning.slice)
        later = left * SAMPLE  # samples of the group
        ahead, backward = later + LEARNED + (layers - 1 - index) * AHEAD, index * BACK
        ranks = {
            "forward": {
                "idle": 0,
                "layer": ahead + 1 + ROWS,
                "forward": ahead + tokens_left,
                "activate": ahead + 1 + ROWS + LOADS - loads,
                "classify": later + LEARNED,
            }
            | ({"next": later, "divide": ahead + 1} if self.geometry.group > 1 else {}),
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
        rank = Signal(10)
        m.d.comb += rank.eq(
            reduce(add, (Mux(is_in[sequence][name], value, 0) for sequence in ranks for name, value in ranks[sequence].items()))
        )

        begun, still = Signal(), Signal(range(LONGEST_WAIT + 2))
        owed = Signal(range(self.geometry.group + 2))
        computes, learns = ~is_in["forward"]["idle"], ~is_in["learning"]["idle"]
        between = is_in["forward"].get("next", C(0))  # samples of a group
        idle, states = ~computes & ~learns, Cat(fsm.state for fsm in machines.values())
        idle_before, rank_before, states_before = earlier(m, idle, 1), earlier(m, rank, 1), earlier(m, states, 1)
        accepted = earlier(m, block.tokens.valid & block.tokens.ready, 1)
        steps = accepted | (states != states_before)
        taken, given = block.staged.valid & block.staged.ready, block.predictions.valid & block.predictions.ready
        m.d.sync += [begun.eq(1), still.eq(Mux(idle | steps, 0, still + 1)), owed.eq(owed + Mux(taken, arriving, 0) - given)]
        m.d.comb += [
            Assert(still <= LONGEST_WAIT),
            Assert(~begun | idle | idle_before | ~steps | (rank < rank_before)),
            Assert(~begun | idle | idle_before | steps | (rank == rank_before)),
            *(Assert(Cat(each.values()).any()) for each in is_in.values()),
            # no sample begins while one is learned, but for its first layer
            Assert(~computes | ~learns | between),
            Assert(~(forward.tokens.valid & learning.tokens.valid)),
            # what the rank stands on
            Assert(index < layers),
            Assert(~idle | (index == 0)),
            Assert(~(between & ~learns) | (index == 0)),
            Assert(~is_in["forward"]["forward"] | ((forward.neuron < layer.neurons) & (forward.fold < layer.folds))),
            *(Assert(~is_in["learning"][name] | (learning.fold < layer.folds)) for name in ("clear", "backward", "unload")),
            # every sample leaves one prediction, when it has been classified
            Assert(owed == block.predictions.valid + Mux(computes, left + ~between, 0)),
        ]
        if self.geometry.group > 1:
            m.d.comb += [
                Assert(~computes | ((forward.number < forward.count) & (forward.count <= self.geometry.group))),
                Assert(~between | (left != 0)),
                Assert(~computes | (layers != 1) | (forward.count == 1)),
                Assert(~is_in["forward"]["divide"] | (index == 0)),
            ]
        return m

    def add_group(self, m: Module, block: Any, forward: Any) -> tuple[Value, Value]:
        """What stands around a group. Returns how many samples arrive, and how many wait for the one at work."""
        if self.geometry.group == 1:
            return C(1), C(0)
        arriving, left = block.staged.payload.count, Signal(range(self.geometry.group))
        free(m, block.known.as_value())
        m.d.comb += [
            block.owed.eq(busy_after(m, block.learner.active, self.patience)),
            Assume((arriving >= 1) & (arriving <= Mux(block.network.layers == 1, 1, self.geometry.group))),
            left.eq(forward.count - 1 - forward.number),
        ]
        return arriving, left


def in_time(m: Module, asked: Value, patience: int = PATIENCE) -> Signal:
    """Set at any time, and at the latest when it has been asked for in vain for `patience` cycles."""
    answer, waited = Signal(), Signal(range(patience + 1))
    m.d.comb += answer.eq(AnySeq(1) | (waited >= patience))
    m.d.sync += waited.eq(Mux(asked & ~answer, waited + 1, 0))
    return answer


def busy_after(m: Module, start: Value, patience: int = PATIENCE) -> Signal:
    """Set from the cycle after `start` on, for any time up to one cycle more than `patience`."""
    busy, ends = Signal(), in_time(m, 1, patience)
    m.d.sync += busy.eq(start | (busy & ~ends))
    return busy


ALONE = (
    Bug(FORWARD, "with m.If(neuron + 1 == self.layer.neurons):", "with m.If(neuron == self.layer.neurons):"),
    Bug(NAME, "| ~self.learner.active | (forward.neuron", "| (forward.neuron"),
    Bug(FORWARD, "activations.ready.eq(self.tokens.ready),", "activations.ready.eq(0),"),
    Bug(FORWARD, "with m.If(classify.done & ~self.predictions.valid):", "with m.If(classify.done):"),
    Bug(LEARNING, "self.next_index.eq(self.index - 1)]", "self.next_index.eq(self.index)]"),
    Bug(LEARNING, "self.first.eq(self.first + g.cells)]", "self.first.eq(self.first + g.cells), fold.eq(0)]"),
    Bug(FORWARD, "self.predictions.valid.eq(0)", "self.predictions.valid.eq(1)"),
    Bug(FORWARD, "m.d.comb += self.next_index.eq(self.index + 1)", "pass"),
    Bug(NAME, "forward.hold.eq(learning.busy),", "forward.hold.eq(0),"),
)
IN_GROUPS = (
    Bug(GROUP, "with m.If(self.number + 1 != self.count):", "with m.If(self.number != self.count):"),
    Bug(GROUP, "self.number.eq(self.number + 1),", "self.number.eq(self.number),"),
    Bug(GROUP, "ready = ~self.hold & ~self.changing", "ready = ~self.changing"),
    Bug(NAME, "forward.changing.eq(self.learner.active | self.owed)", "forward.changing.eq(~self.learner.active)"),
)
CLAIMS = tuple(
    Claim(
        name=name,
        about=f"every sample {of_group}ends, after a bounded number of steps and of cycles, and leaves one prediction",
        harness=lambda bug, group=group: SequencerHarness(group, bug),
        depth=LONGEST_WAIT + 3,
        bug_depth=40,
        bugs=bugs,
    )
    for name, of_group, group, bugs in (("sequencer", "", 1, ALONE), ("sequencer-groups", "of a group ", 2, IN_GROUPS))
)
