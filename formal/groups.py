"""No sum of a row of the first layer is used for a sample if the row was changed after it was read.

Sequencer, learner and `Reread` as they are, joined by the engine's own wires, among rooms that do what they like: whenever a
sample's mean, activations or later layers are worked on, the first layer's sums are those of its rows as they are now, and
nobody is at work on one of them. One word of one row is followed, whichever; tokens go in one at a time and in order, as
`issue-2-ports` says, and sums come out of the array a few cycles later. The queue is any that keeps what the claims of queues
say. The network has two layers; a planted bug is looked for in one of few neurons, among rooms that answer at once, where every
sample learns: only the groups and the rows that change are free there.
"""

from types import SimpleNamespace
from typing import Any

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Array, Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.sequencer import busy_after
from formal.source import Bug, Elaborated, copy_of
from hw.array.array import hidden_bits
from hw.group_buffer import known_layout
from hw.learning.reread import QUEUE_DELAY, row_layout
from sw.contract.geometry import Geometry
from sw.contract.tokens import AGAIN_OFFSET, WRITE_LATENCY, Opcode

SEQUENCER, GROUP, LEARNER, REREAD, ENGINE = (
    "hw.sequencer",
    "hw.forward.group_sequence",
    "hw.learning.learner",
    "hw.learning.reread",
    "hw.engine",
)
GEOMETRY = Geometry(columns=8, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=1, group=2)
FLIGHT = 3  # cycles from the last token of a row to its sum's being in the totals
WAY = WRITE_LATENCY + 1 - QUEUE_DELAY  # cycles from a change to the queue
MOST = 5  # rows on their way to the queue and in it


class AnyQueue(wiring.Component):
    """A queue that shows a word in the cycle after it is the first, or at once."""

    def __init__(self, *, width: int, room: int) -> None:
        super().__init__({"pushed": In(stream.Signature(width)), "popped": Out(stream.Signature(width))})
        self.words = [Signal(width, name=f"word_{i}") for i in range(room)]
        self.level = Signal(range(room + 1))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pushes, pops = self.pushed.valid & self.pushed.ready, self.popped.valid & self.popped.ready
        shown = Signal()
        m.d.comb += [
            self.pushed.ready.eq(self.level != len(self.words)),
            self.popped.valid.eq((self.level != 0) & (shown | AnySeq(1))),
            self.popped.payload.eq(self.words[0]),
        ]
        m.d.sync += [self.level.eq(self.level + pushes - pops), shown.eq((self.level != 0) & ~pops)]
        for i, word in enumerate(self.words):
            following = self.words[i + 1] if i + 1 < len(self.words) else word
            is_place = self.level - pops == i
            m.d.sync += word.eq(Mux(pushes & is_place, self.pushed.payload, Mux(pops, following, word)))
        return m


class Room(Elaborated):
    """A block that is elaborated already and has the block's ports."""

    def __init__(self, copy: Any, block: Any) -> None:
        super().__init__(copy, block)
        self.block = block

    def __getattr__(self, name: str) -> Any:
        return getattr(self.block, name)


class GroupHarness(Elaboratable):
    """Three rooms and the wires between them, beside what is known of one word of the weight memory."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug = bug
        names = (SEQUENCER, GROUP, LEARNER, REREAD, ENGINE)
        self.sequencer, group, self.learner, self.reread, self.engine = (copy_of(name, bug) for name in names)
        self.sequencer.GroupSequence, self.reread.Queue = group.GroupSequence, AnyQueue

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.sequencer = sequencer = Room(self.sequencer, self.sequencer.Sequencer(GEOMETRY))
        m.submodules.learner = learner = Room(self.learner, self.learner.Learner(GEOMETRY))
        reread = Room(self.reread, self.reread.Reread(GEOMETRY))
        connect(m, sequencer.block.learner, learner.block.control)
        mended = self.serve_groups(m, sequencer, learner, reread)
        neurons, folds = self.add_network(m, sequencer)
        self.free_rooms(m, sequencer)
        drawn = self.add_draws(m, learner, neurons)
        token, accepted = self.choose_token(m, sequencer, learner, reread)

        forward, index = sequencer.inside["forward"], sequencer.index
        fsm = sequencer.fsm("forward", "fsm")
        states = ("idle", "layer", "forward", "activate", "classify", "next", "divide")
        at = {name: fsm.state == fsm.encoding[name] for name in states}
        changes_first = learner.control.active & (learner.settings.layer == 0)

        # what the sums hold of one word: `partial` and `fresh` fall when it is written
        g, bits = GEOMETRY, hidden_bits(GEOMETRY)
        row, fold = Signal(bits), Signal(range(g.folds))
        counted, fold_count = Signal(range(g.rows + 2)), Signal(range(g.folds + 1))
        partial, fresh, flying = Signal(), Signal(), Signal(FLIGHT)
        word = Signal(range(g.memory_depth))
        again, is_forward, ends = Signal(), Signal(), Signal()
        of_row, reads, writes = Signal(range(g.rows + 2)), Signal(), Signal()
        m.d.comb += [
            row.eq(AnyConst(len(row))),
            fold.eq(AnyConst(len(fold))),
            Assume((row < neurons[0]) & (fold < folds[0])),
            word.eq(row * g.folds + fold),
            is_forward.eq(accepted & (token.opcode == Opcode.FORWARD) & (index == 0)),
            again.eq(token.operand[AGAIN_OFFSET]),
            ends.eq(is_forward & token.last),
            of_row.eq(Mux(again, token.operand[:bits], counted)),
            reads.eq(is_forward & (token.address == word)),
            writes.eq(accepted & ((token.opcode == Opcode.LEARN) | (token.opcode == Opcode.RELAX)) & (token.address == word)),
            mended.eq(flying[-1]),
        ]
        m.d.sync += flying.eq(Cat(ends & again, flying))
        with m.If(at["layer"] & (index == 0)):
            m.d.sync += counted.eq(0)
        with m.Elif(ends & ~again):
            m.d.sync += counted.eq(counted + 1)
        with m.If(is_forward):
            m.d.sync += fold_count.eq(Mux(token.last, 0, fold_count + 1))
        with m.If(writes):
            m.d.sync += [partial.eq(0), fresh.eq(0)]
        with m.Elif(reads):
            m.d.sync += partial.eq(1)
        with m.If(ends & (of_row == row)):
            m.d.sync += fresh.eq(partial | reads)

        used = at["activate"] | at["classify"] | at["divide"] | ((at["layer"] | at["forward"]) & (index != 0))
        queue = reread.inside["rows"]
        waits = (queue.level != 0) & ~reread.tokens.valid
        m.d.comb += [
            # what is used is of the rows as they are, all of them, and nobody changes one
            Assert(~used | (fresh & (counted == neurons[0]) & ~flying.any() & ~reread.owed & ~changes_first)),
            # a FORWARD of the first layer is of the row, the fold and the pixels that its sum is taken for
            Assert(~is_forward | (token.address == of_row * g.folds + fold_count)),
            Assert(~is_forward | (token.inputs == Mux(forward.half, g.folds, 0) + fold_count)),
            Assert(~is_forward | (token.last == (fold_count + 1 == folds[0]))),
            Assert(~is_forward | (again == at["next"])),
            Assert(~(ends & again & flying[0])),  # there are two cycles between the sums of two rows
            # no change is lost, and none waits for long while tokens are taken
            Assert(~queue.pushed.valid | queue.pushed.ready),
            Assert(~Cat(earlier(m, waits, n) for n in range(3)).all()),
        ]
        if self.bug is None:
            followed = {"row": row, "fold": fold, "counted": counted, "fold_count": fold_count, "partial": partial}
            followed |= {"fresh": fresh, "flying": flying, "neurons": neurons[0], "folds": folds[0]}
            self.add_invariants(m, sequencer, learner, reread, at, drawn, SimpleNamespace(**followed))
        return m

    def serve_groups(self, m: Module, sequencer: Room, learner: Room, reread: Room) -> Signal:
        """The engine's wires. Returns the one that says that a row is in the totals."""
        mended = Signal()
        known = Signal(known_layout(GEOMETRY))
        free(m, known.as_value())
        if self.bug is not None:
            m.d.comb += Assume(known.train)
        around = SimpleNamespace(
            sequencer=sequencer,
            learner=learner,
            input_buffer=SimpleNamespace(single=Signal(), asked=Signal.like(sequencer.asked), known=known),
            configuration=SimpleNamespace(network=sequencer.network, layer=sequencer.layer),
            normalise=SimpleNamespace(control=SimpleNamespace(mended=mended)),
        )
        self.engine.Engine._serve_groups(around, m, reread)
        return mended

    def add_network(self, m: Module, sequencer: Room) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
        """Registers of the two layers, which are there when they are settled. Returns their neurons and folds."""
        g, layer, network = GEOMETRY, sequencer.layer, sequencer.network
        neurons = tuple(Signal(range(g.rows + 1), name=f"neurons_{i}") for i in range(2))
        folds = tuple(Signal(range(g.folds + 1), name=f"folds_{i}") for i in range(2))
        for each in (*neurons, *folds):
            m.d.comb += each.eq(AnyConst(len(each)))
        m.d.comb += [
            Assume((neurons[0] >= 1) & (neurons[1] >= 1) & (neurons[0] + neurons[1] <= g.rows)),
            *(Assume((each >= 1) & (each <= g.folds)) for each in folds),
            sequencer.settled.eq(~(busy_after(m, sequencer.select) if self.bug is None else earlier(m, sequencer.select, 1))),
        ]
        if self.bug is not None:
            m.d.comb += Assume((neurons[0] <= 2) & (neurons[1] == 1) & (folds[1] == 1))
        for name in network.shape().members:
            m.d.comb += network[name].eq(2 if name == "layers" else AnyConst(len(network[name])))
        told = {
            "base": Mux(sequencer.index == 0, 0, neurons[0] * g.folds),
            "neurons": Array(neurons)[sequencer.index],
            "folds": Array(folds)[sequencer.index],
            "inputs": Mux(sequencer.index == 0, AnyConst(len(layer.inputs)), neurons[0]),
        }
        for name in layer.shape().members:
            value = layer[name].as_value() if not isinstance(layer[name], Value) else layer[name]
            anything = AnySeq(len(value))
            m.d.comb += value.eq(Mux(sequencer.settled, told[name], anything) if name in told else anything)
        return neurons, folds

    def free_rooms(self, m: Module, sequencer: Room) -> None:
        """The rooms around do what they like, at once where a bug is looked for."""
        classify, errors, activations = sequencer.classify, sequencer.errors, sequencer.normalise.activations
        for says_so in (sequencer.staged.valid, sequencer.predictions.ready, classify.done, classify.wrong, activations.valid):
            m.d.comb += says_so.eq(AnySeq(1) | (self.bug is not None))
        for is_busy in (sequencer.starving, errors.output.busy, errors.unload.busy, sequencer.normalise.near_busy):
            m.d.comb += is_busy.eq(AnySeq(1) & (self.bug is None))
        for anything in (sequencer.staged.payload.as_value(), classify.prediction, activations.payload.as_value()):
            free(m, anything)
        count = sequencer.staged.payload.count
        m.d.comb += Assume((count >= 1) & (count <= GEOMETRY.group))
        if self.bug is not None:
            m.d.comb += Assume(activations.payload.last)

    def add_draws(self, m: Module, learner: Room, neurons: tuple[Signal, ...]) -> Any:
        """Draws of a pass: some of the layer's neurons in ascending order, one of them the last. Returns which come still."""
        draws, start = learner.draws, learner.control.start
        draw = draws.payload
        least, ended = Signal(range(GEOMETRY.rows + 1)), Signal()
        of_layer = Array(neurons)[learner.settings.layer]
        free(m, draws.valid)
        free(m, draw.as_value())
        m.d.comb += [
            Assume(~draws.valid | (learner.control.active & ~ended)),
            Assume(
                (draw.neuron >= least) & (draw.neuron < of_layer) & (draw.last | (draw.neuron + 1 < of_layer)) | ~draws.valid
            ),
        ]
        with m.If(start):
            m.d.sync += [least.eq(0), ended.eq(0)]
        with m.Elif(draws.valid & draws.ready):
            m.d.sync += [least.eq(draw.neuron + 1), ended.eq(draw.last)]
        return SimpleNamespace(least=least, ended=ended)

    def choose_token(self, m: Module, *rooms: Room) -> tuple[Any, Signal]:
        """One token enters in a cycle, or none: the last room's first."""
        accepted, goes = Signal(), Signal()
        m.d.comb += goes.eq(AnySeq(1) | (self.bug is not None))
        token = Signal.like(rooms[0].tokens.payload)
        m.d.comb += accepted.eq(goes & Cat(room.tokens.valid for room in rooms).any())
        before: Value = goes
        for room in reversed(rooms):
            m.d.comb += room.tokens.ready.eq(before)
            with m.If(room.tokens.valid & before):
                m.d.comb += token.eq(room.tokens.payload)
            before = before & ~room.tokens.valid
        return token, accepted

    def add_invariants(self, m: Module, sequencer: Room, learner: Room, reread: Room, at: Any, drawn: Any, seen: Any) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it."""
        g, forward, index = GEOMETRY, sequencer.inside["forward"], sequencer.index
        learning = sequencer.fsm("learning", "fsm")
        learns = {name: learning.state == learning.encoding[name] for name in LEARNING_STATES}
        learns_any = ~learns["idle"]
        draw, held, fold = (learner.inside[name] for name in ("draw", "held", "fold"))
        base, last_fold = learner.inside["base"], learner.inside["last_fold"]
        active, drawing, frontier = learner.control.active, learner.settings.enable, learner.control.frontier
        of_first = learner.settings.layer == 0
        changes_first = active & of_first
        queue, owed, reading = reread.inside["rows"], reread.inside["owed"], reread.inside["fold"]
        computes_first = (at["layer"] | at["forward"]) & (index == 0)

        # rows on their way to the queue, from the same wires
        changed = reread.wanted & reread.learned
        way = [earlier(m, changed, n + 1) for n in range(WAY)]
        rows_on_way = [earlier(m, reread.row.as_value(), n + 1) for n in range(WAY)]
        layout = row_layout(g)
        views = [Signal(layout, name=f"changed_row_{i}") for i in range(WAY + ROOM_SEEN)]
        there = [*way, *(queue.level > i for i in range(ROOM_SEEN))]
        m.d.comb += [
            view.as_value().eq(value) for view, value in zip(views, (*rows_on_way, *queue.words[:ROOM_SEEN]), strict=True)
        ]
        count = sum(way, start=queue.level)
        is_row = Cat(each & (view.neuron == seen.row) for each, view in zip(there, views, strict=True)).any()
        is_front = (queue.level != 0) & (views[WAY].neuron == seen.row)
        holds_row = held & (draw.neuron == seen.row)
        started = (seen.counted > seen.row) | ((seen.counted == seen.row) & (seen.fold_count != 0))
        m.d.comb += [
            # the sequences take turns
            *(Assert(Cat(state.values()).any()) for state in (at, learns)),
            Assert(index <= 1),
            Assert(~(learns_any & ~at["idle"] & ~at["next"])),
            Assert(~((at["idle"] | at["next"]) & ~learns_any) | (index == 0)),
            Assert(~(at["divide"] | at["classify"]) | (index == 0)),
            Assert(~at["activate"] | (index == 1)),
            Assert(~(at["forward"] & (index == 0)) | (forward.row == forward.neuron * g.folds)),
            Assert(~(at["forward"] & (index == 0)) | ((forward.neuron == seen.counted) & (forward.neuron < seen.neurons))),
            Assert(~(at["forward"] & (index == 0)) | (forward.inputs == Mux(forward.half, g.folds, 0))),
            Assert(~(at["forward"] & (index == 0)) | ((forward.fold == seen.fold_count) & (forward.fold < seen.folds))),
            Assert((at["forward"] & (index == 0)) | at["next"] | (seen.fold_count == 0)),
            *(Assert(~learns[name] | (index == 1)) for name in ("error", "output errors", "clear", "backward", "unload")),
            Assert(~learns["learning"] | (index == 0)),
            # the learner
            *(Assert(~learns[name] | ~of_first) for name in ("backward", "learning")),
            Assert(~(active & ~drawing) | learns["backward"]),
            Assert(~drawing | active),
            Assert(~held | active),
            Assert(~drawing | Mux(of_first, learns["idle"], learns["learning"])),
            Assert(~active | (drawn.ended == (held & draw.last))),
            Assert(~held | (draw.neuron < drawn.least)),
            Assert(~held | (frontier <= draw.neuron)),
            Assert(~held | (drawn.least == draw.neuron + 1)),
            Assert(~active | (frontier <= drawn.least)),
            Assert(~changes_first | drawn.ended | (drawn.least < seen.neurons)),
            Assert(~drawing | (base == Mux(of_first, 0, seen.neurons * g.folds))),
            Assert(~drawing | (last_fold < g.folds)),
            Assert(~changes_first | (last_fold + 1 == seen.folds)),
            Assert(~(changes_first & held) | (draw.neuron < seen.neurons)),
            Assert(~(drawing & held) | (fold <= last_fold)),
            Assert(~(drawing & held) | (learner.inside["address"] == base + draw.neuron * g.folds)),
            Assert(~(drawing & ~of_first & held) | (draw.neuron + seen.neurons < g.rows)),
            Assert(~changes_first | drawing),
            Assert(~(changes_first & at["next"]) | (learner.pixel_set == forward.half)),
            Assert(~changes_first | at["idle"] | at["next"] | computes_first),
            # rows that are owed
            Assert(owed == sum(seen.flying, start=count)),
            Assert((owed == 0) | (learner.pixel_set == forward.half)),
            Assert((owed == 0) | (at["next"] & learns["idle"] & (index == 0))),
            Assert(count <= MOST),
            Assert(~queue.pushed.valid | way[-1]),
            Assert(queue.pushed.valid == way[-1]),
            Assert(~queue.pushed.valid | (queue.pushed.payload == rows_on_way[-1])),
            *(
                Assert(~each | ((view.neuron < seen.neurons) & (view.address == view.neuron * g.folds)))
                for each, view in zip(there, views, strict=True)
            ),
            Assert(~is_row | (~(holds_row & changes_first) & (~changes_first | (drawn.least > seen.row)))),
            Assert(~at["next"] | (reading == seen.fold_count)),
            Assert(at["next"] | (reading == 0)),
            Assert((queue.level != 0) | (reading == 0)),
            Assert((reading == 0) | (reading < seen.folds)),
            # what the sums hold
            Assert(~(at["next"] | at["idle"]) | ~(at["next"]) | (seen.counted == seen.neurons)),
            Assert(~at["next"] | seen.fresh | (holds_row & changes_first) | is_row),
            Assert(~(is_front & (reading > seen.fold)) | seen.partial),
            Assert(~computes_first | ~at["forward"] | ~started | ~changes_first | (seen.row < frontier)),
            Assert(~(at["forward"] & computes_first & (seen.counted > seen.row)) | seen.fresh),
            Assert(
                ~(at["forward"] & computes_first & (seen.counted == seen.row) & (seen.fold_count > seen.fold)) | seen.partial
            ),
        ]


LEARNING_STATES = ("idle", "error", "output errors", "clear", "backward", "unload", "learn", "learning")
ROOM_SEEN = MOST  # words of the queue

BUGS = (
    Bug(SEQUENCER, "forward.changing.eq(self.learner.active | self.owed)", "forward.changing.eq(self.learner.active)"),
    Bug(LEARNER, "self.touched.eq(row_done & ~idle_row & drawing)", "self.touched.eq(row_done & draw.learn & drawing)"),
    Bug(ENGINE, "reread.half.eq(learner.pixel_set)", "reread.half.eq(~learner.pixel_set)"),
)
CLAIMS = (
    Claim(
        name="groups",
        about="no sum of a row that was changed after it was read is used for a sample, of this group or of the next",
        harness=GroupHarness,
        depth=6,
        bug_depth=40,
        bugs=BUGS,
    ),
)
