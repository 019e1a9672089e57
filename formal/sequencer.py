"""The sequencer never stops: if the rooms around it answer, every sample ends, with one prediction.

They answer when they like, at the latest `PATIENCE` cycles after they are asked. Then a step, which is a token that is
accepted or a change of state, comes within `LONGEST_WAIT` cycles; and with every step the rank falls, which bounds the steps
that are left of the sample. So a sample ends after at most rank times wait cycles. The network is any that the array holds.
"""

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS

NAME = "hw.sequencer"
GEOMETRY = Geometry(columns=8, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=2)
PATIENCE = 1
READER_PATIENCE = 4  # of predictions: a reader so slow that the next sample may come to its own before
LONGEST_WAIT = READER_PATIENCE + PATIENCE + 1

# The most steps of one layer: LAYER, FORWARD and LOAD tokens; CLEAR, BACKWARD and UNLOAD of each fold and slice, LEARN.
LOADS = 2
FORWARD = GEOMETRY.rows * GEOMETRY.folds
AHEAD = 1 + FORWARD + LOADS
BACK = 3 * GEOMETRY.folds * GEOMETRY.slices + 3


class SequencerHarness(Elaboratable):
    """The block among rooms that take their time, beside its rank."""

    def __init__(self, bug: Bug | None) -> None:
        self.copy = copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Sequencer(GEOMETRY)
        m.submodules.block = inside = Elaborated(self.copy, block)
        layer, layers = block.layer, block.network.layers
        for steady in (layer.as_value(), layers):
            m.d.comb += steady.eq(AnyConst(len(steady)))
        m.d.comb += [
            Assume((layers >= 1) & (layers <= MAX_LAYERS)),
            Assume((layer.neurons >= 1) & (layer.neurons <= GEOMETRY.rows)),
            Assume((layer.folds >= 1) & (layer.folds <= GEOMETRY.folds)),
            Assume((layer.inputs >= 1) & (layer.inputs <= layer.folds << 2)),
        ]
        for anything in (block.staged.valid, block.staged.payload.as_value(), block.prediction, block.wrong, block.frontier):
            free(m, anything)

        waiting = Signal()  # an activation stays until it is taken
        m.d.sync += waiting.eq(block.activations.valid & ~block.activations.ready)
        m.d.comb += [
            block.settled.eq(~busy_after(m, block.select)),
            block.learning.eq(busy_after(m, block.learn_start)),
            block.output_busy.eq(busy_after(m, block.output_start)),
            block.unload_busy.eq(busy_after(m, block.unload_start)),
            block.near_busy.eq(busy_after(m, block.normalise_start)),
            block.classified.eq(in_time(m, 1)),
            block.tokens.ready.eq(in_time(m, block.tokens.valid)),
            block.predictions.ready.eq(in_time(m, block.predictions.valid, READER_PATIENCE)),
            block.activations.valid.eq(in_time(m, 1) | waiting),
        ]
        loads, last_load = Signal(range(LOADS)), block.activations.payload.last
        m.d.comb += last_load.eq(AnySeq(1) | (loads == LOADS - 1))
        with m.If(block.activations.valid & block.activations.ready):
            m.d.sync += loads.eq(Mux(last_load, 0, loads + 1))

        neuron, fsm = inside.signals[1], inside.fsm("state")
        index, fold, slice_ = block.index, block.fold, block.slice
        tokens_left = layer.neurons * layer.folds - (neuron * layer.folds + fold)
        blocks_left = layer.folds * GEOMETRY.slices - (fold * GEOMETRY.slices + slice_)
        ahead, backward = MAX_LAYERS * BACK + 4 + (layers - 1 - index) * AHEAD, index * BACK
        ranks = {
            "IDLE": 0,
            "LAYER": ahead + 1 + FORWARD,
            "FORWARD": ahead + tokens_left,
            "ACTIVATE": ahead + 1 + FORWARD + LOADS - loads,
            "CLASSIFY": MAX_LAYERS * BACK + 4,
            "ERROR": MAX_LAYERS * BACK + 3,
            "OUTPUT ERRORS": MAX_LAYERS * BACK + 2,
            "CLEAR": backward + 3 * blocks_left + 1,
            "BACKWARD": backward + 3 * blocks_left,
            "UNLOAD": backward + 3 * blocks_left - 1,
            "LEARN": backward + 1,
            "LEARNING": backward + BACK,
        }
        state = {name: fsm.state == fsm.encoding[name] for name in ranks}
        rank = Signal(8)
        with m.Switch(fsm.state):
            for name, value in ranks.items():
                with m.Case(fsm.encoding[name]):
                    m.d.comb += rank.eq(value)

        begun, still, owed = Signal(), Signal(range(LONGEST_WAIT + 2)), Signal(2)
        idle = state["IDLE"]
        unclassified = Cat(state[name] for name in ("LAYER", "FORWARD", "ACTIVATE", "CLASSIFY")).any()
        idle_before, rank_before, state_before = earlier(m, idle, 1), earlier(m, rank, 1), earlier(m, fsm.state, 1)
        accepted = earlier(m, block.tokens.valid & block.tokens.ready, 1)
        steps = accepted | (fsm.state != state_before)
        taken, given = block.staged.valid & block.staged.ready, block.predictions.valid & block.predictions.ready
        m.d.sync += [begun.eq(1), still.eq(Mux(idle | steps, 0, still + 1)), owed.eq(owed + taken - given)]
        m.d.comb += [
            Assert(still <= LONGEST_WAIT),
            Assert(~begun | idle | idle_before | ~steps | (rank < rank_before)),
            Assert(~begun | idle | idle_before | steps | (rank == rank_before)),
            Assert(Cat(state.values()).any()),
            # what the rank stands on
            Assert(index < layers),
            Assert(~idle | (index == 0)),
            Assert(~state["FORWARD"] | ((neuron < layer.neurons) & (fold < layer.folds))),
            Assert(~(state["CLEAR"] | state["BACKWARD"] | state["UNLOAD"]) | (fold < layer.folds)),
            # every sample leaves one prediction, when it has been classified
            Assert(owed == block.predictions.valid + unclassified),
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
            Bug(NAME, "with m.If(neuron + 1 == layer.neurons):", "with m.If(neuron == layer.neurons):"),
            Bug(NAME, "| ~self.learning | (neuron < self.frontier)", "| (neuron < self.frontier)"),
            Bug(NAME, "self.activations.ready.eq(self.tokens.ready),", "self.activations.ready.eq(0),"),
            Bug(NAME, "with m.If(self.classified & ~self.predictions.valid):", "with m.If(self.classified):"),
            Bug(NAME, "self.next_index.eq(index - 1)]", "self.next_index.eq(index)]"),
            Bug(NAME, "first.eq(first + g.cells)]", "first.eq(first + g.cells), fold.eq(0)]"),
            Bug(NAME, "self.predictions.valid.eq(0)", "self.predictions.valid.eq(1)"),
            Bug(NAME, "m.d.comb += self.next_index.eq(index + 1)", "pass"),
        ),
    ),
)
