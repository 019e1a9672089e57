"""The sums of a sample, and the total of which its mean is made, are those of its rows as they came last.

Of a sample of a group it is kept what came last for each of its neurons: with a row of the first layer, with one that came
again, or with a row of a later layer. A word that is compared has these matches, and what is divided is twice their sum, in
whatever order samples and layers are computed. The memories are registers here, of which a read that meets a write gives
anything. A planted bug is looked for in layers of one or two neurons.
"""

from types import SimpleNamespace
from typing import Any

from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Assume, C, Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data
from amaranth.utils import exact_log2

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.geometry import Geometry

NAME = "hw.forward.group_sums"
GEOMETRY = Geometry(columns=8, rows=5, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=1, group=2)
MOST = min(GEOMETRY.columns, GEOMETRY.rows)  # neurons of a hidden layer
LANES = GEOMETRY.synapses_per_cell
PLACES = GEOMETRY.words_of(MOST) * LANES  # of which the last are nobody's
STEPS = 2  # cycles from a row that came again to the one in which it is `mended`


class Registers:
    """In the place of a memory: `lanes` of every word."""

    def __init__(self, m: Module, name: str, *, shape: data.ArrayLayout, depth: int, style: str | None) -> None:
        del style
        self.lanes = [
            [Signal(shape.elem_shape, name=f"{name}_{word}_{lane}") for lane in range(shape.length)] for word in range(depth)
        ]
        self.shape, self.word = shape, Signal(shape, name=f"{name}_word")
        self.port = SimpleNamespace(
            addr=Signal(range(depth), name=f"{name}_address"),
            en=Signal(shape.length, name=f"{name}_enable"),
            data=Signal(shape, name=f"{name}_data"),
        )
        for word, lanes in enumerate(self.lanes):
            for lane, value in enumerate(lanes):
                with m.If((self.port.addr == word) & self.port.en[lane]):
                    m.d.sync += value.eq(self.port.data[lane])

    def write_port(self, granularity: int) -> SimpleNamespace:
        assert granularity == 1
        return self.port


def read_word(m: Module, memory: Registers, *, address: Value, enable: Value) -> Any:
    """As `hw.memory.read_word`."""
    content = Array(Cat(lanes) for lanes in memory.lanes)
    meets = memory.port.en.any() & (memory.port.addr == address)
    with m.If(enable):
        m.d.sync += memory.word.as_value().eq(Mux(meets, AnySeq(memory.shape.size), content[address]))
    return memory.word


class GroupSumsHarness(Elaboratable):
    """The block, rows and orders as its text allows them, and what came last."""

    def __init__(self, sample: int, bug: Bug | None) -> None:
        self.sample, self.bug = sample, bug
        self.copy = copy_of(NAME, bug)
        self.memories: list[Registers] = []
        self.copy.add_memory, self.copy.read_word = self._add_memory, read_word

    def _add_memory(self, m: Module, name: str, **given: Any) -> Registers:
        self.memories.append(Registers(m, name, **given))
        return self.memories[-1]

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.GroupSums(GEOMETRY)
        m.submodules.block = inside = Elaborated(self.copy, block)
        row = block.row
        for anything in (block.start, block.first, block.neurons, block.divide, block.sample, block.word, block.enable):
            free(m, anything)
        for anything in (row.valid, row.matches, row.others.as_value(), row.neuron, row.again, block.above, block.below):
            free(m, anything)
        free(m, block.reached)
        orders = self.add_orders(m, block)
        divider = inside.inside["_divide"]["divider"]
        told = self.follow_sample(m, block, orders)
        is_asked = divider.start & (block.sample == self.sample)
        m.d.comb += Assert(
            ~is_asked | (told.is_valid & (divider.dividend == told.total << 1) & (divider.divisor == told.count))
        )
        self.follow_words(m, block, orders, told)
        if self.bug is None:
            self.add_invariants(m, block, inside, orders, told)
        else:
            m.d.comb += Assume(~block.start | (block.neurons <= 2))
        m.d.comb += Assert(block.mended == earlier(m, row.valid & row.again, STEPS))
        return m

    def add_orders(self, m: Module, block: Any) -> Any:
        """Layers begin one after the other, the next sample when no row is under way that came again."""
        row = block.row
        again = row.valid & row.again
        counting, count, neurons = Signal(), Signal(range(MOST + 1)), Signal(range(MOST + 1))
        of_all, had_first, of_first, held = Signal(), Signal(), Signal(range(MOST + 1)), Signal()
        under_way = Cat(again, *(earlier(m, again, n + 1) for n in range(STEPS))).any()
        counts = counting & row.valid & ~row.again
        begins = block.start | block.divide
        fits = (block.neurons >= 1) & (block.neurons <= MOST)
        m.d.comb += [
            Assume(~begins | (~counting & ~under_way)),
            Assume(~(block.start & block.divide)),
            Assume(~block.start | (fits & (block.first | had_first))),
            Assume(~block.divide | (had_first & (block.neurons == of_first))),
            Assume(~held | (block.sample == earlier(m, block.sample, 1))),
            Assume(~again | (had_first & ~counting & ~earlier(m, again, 1) & (row.neuron < of_first))),
            Assume(~block.reached | block.below.all()),
        ]
        m.d.sync += held.eq(begins | counting)
        with m.If(block.start):
            m.d.sync += [counting.eq(1), count.eq(0), neurons.eq(block.neurons), of_all.eq(block.first)]
            with m.If(block.first):
                m.d.sync += [had_first.eq(1), of_first.eq(block.neurons)]
        with m.Elif(counts):
            m.d.sync += count.eq(count + 1)
            with m.If(count + 1 == neurons):
                m.d.sync += counting.eq(0)
        return SimpleNamespace(
            again=again,
            counting=counting,
            counts=counts,
            count=count,
            neurons=neurons,
            of_all=of_all,
            of_first=of_first,
            had_first=had_first,
            under_way=under_way,
        )

    def follow_sample(self, m: Module, block: Any, orders: Any) -> Any:
        """What came last for each neuron of the sample, and how many rows of its layer have come."""
        row = block.row
        matches = (row.matches, *row.others)[self.sample]
        last = [Signal(block.width, name=f"last_{neuron}") for neuron in range(PLACES)]
        count, is_valid, is_later = Signal(range(MOST + 1)), Signal(), Signal()
        comes = orders.counts & (orders.of_all | (block.sample == self.sample))
        for neuron, value in enumerate(last):
            with m.If(orders.again & (row.neuron == neuron)):
                m.d.sync += value.eq(matches)
            with m.Elif(comes & (orders.count == neuron)):
                m.d.sync += value.eq(Mux(orders.of_all, matches, row.matches))
        with m.If(block.start & (block.first | (block.sample == self.sample))):
            m.d.sync += [count.eq(0), is_valid.eq(1), is_later.eq(~block.first)]
        with m.Elif(comes):
            m.d.sync += count.eq(count + 1)
        with m.Elif(orders.again & is_later):
            m.d.sync += is_valid.eq(0)  # of a sample that has been computed: nobody looks at its sums
        m.d.comb += Assume(~block.divide | (block.sample != self.sample) | (is_valid & ~is_later))
        total = sum((Mux(count > neuron, value, 0) for neuron, value in enumerate(last[:MOST])), start=C(0, 1))
        return SimpleNamespace(
            last=last, count=count, is_valid=is_valid, is_later=is_later, total=total, comes=comes, matches=matches
        )

    def follow_words(self, m: Module, block: Any, orders: Any, told: Any) -> None:
        """A word that is read while nothing changes it is compared as it came."""
        writes = told.comes & (orders.count >> exact_log2(LANES) == block.word)
        read = block.enable & ~orders.under_way & ~writes
        highest = (1 << block.width) - 1
        known, compared = Signal(name="known"), Signal(name="compared")
        with m.If(block.enable | orders.again):
            m.d.sync += known.eq(read)
        m.d.sync += compared.eq(known & (block.sample == self.sample) & block.enable)
        for lane in range(LANES):
            value, gate, beside = Signal(block.width, name=f"read_{lane}"), Signal(), Signal()
            with m.If(block.enable | orders.again):
                m.d.sync += value.eq(Array(told.last)[Cat(C(lane, exact_log2(LANES)), block.word)])
            m.d.sync += [
                gate.eq(value >= highest - block.above),
                beside.eq(block.reached | (value > highest - block.below)),
            ]
            m.d.comb += Assert(~compared | ((block.at_gate[lane] == gate) & (block.beside[lane] == beside)))
            if self.bug is None:
                m.d.comb += Assert(~known | (self.memories[self.sample].word[lane] == value))

    def add_invariants(self, m: Module, block: Any, inside: Elaborated, orders: Any, told: Any) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it."""
        total, steps = inside.inside["totals"][self.sample], inside.inside["_take_rows"]
        counting, count = orders.counting, orders.count
        fetched = earlier(m, orders.again, 1)
        fetched_neuron = earlier(m, block.row.neuron, 1)
        flying = Cat(fetched, block.subtracted).any()
        difference = Signal(signed(block.width + 1), name="step")
        old = Array(self.memories[self.sample].word)[fetched_neuron[: exact_log2(LANES)]]
        m.d.comb += difference.eq(earlier(m, told.matches, 1) - old)
        due = Mux(block.subtracted, earlier(m, difference, 1).as_signed(), Mux(fetched, difference, 0))
        own = counting & (orders.of_all | (block.sample == self.sample))
        # the sum of what came last, told step by step
        summed, value = Signal.like(total), Mux(orders.of_all, told.matches, block.row.matches)
        with m.If(block.start & (block.first | (block.sample == self.sample))):
            m.d.sync += summed.eq(0)
        with m.Elif(told.comes):
            m.d.sync += summed.eq(summed + value)
        with m.Elif(orders.again):
            m.d.sync += summed.eq(summed + told.matches - Array(told.last)[block.row.neuron])
        stored = [lane for word in self.memories[self.sample].lanes for lane in word]
        m.d.comb += [
            # orders are known
            Assert((steps["counting"] == counting) & (block.of_all == orders.of_all)),
            Assert(~counting | ((steps["neurons"] == orders.neurons) & (block.neuron == count) & (count < orders.neurons))),
            Assert((orders.neurons <= MOST) & (orders.of_first <= MOST) & (told.count <= MOST)),
            Assert((block.fetched == fetched) & (~fetched | (block.fetched_neuron == fetched_neuron))),
            Assert(block.subtracted == earlier(m, orders.again, 2)),
            Assert(~(flying & counting)),
            Assert(~flying | orders.had_first),
            # the sample's layer is the one that is summed, or whole
            Assert(~own | (told.is_valid & (told.count == count) & (told.is_later == ~orders.of_all))),
            Assert(own | ~told.is_valid | told.is_later | (told.count == orders.of_first)),
            Assert(~told.is_valid | orders.had_first),
            Assert(~counting | ~orders.of_all | (orders.neurons == orders.of_first)),
            # what came last is stored, or is about to be
            *(
                Assert((lane == value) | (fetched & (fetched_neuron == neuron)))
                for neuron, (lane, value) in enumerate(zip(stored, told.last, strict=True))
            ),
            # and so is the total, or is about to be
            Assert(~told.is_valid | (summed == told.total)),
            Assert(~told.is_valid | ((total + due)[: len(total)] == summed)),
        ]


NOT_MENDED = (
    Bug(NAME, "with m.Elif(self.subtracted | (self.counts & is_own)):", "with m.Elif(self.counts & is_own):"),
    Bug(NAME, "self.subtracted.eq(self.fetched),", "self.subtracted.eq(self.fetched | self.subtracted),"),
    Bug(NAME, "new - Array(stored)[self.fetched_neuron[: self.lane_bits]]", "new"),
    Bug(NAME, "Array(stored)[self.fetched_neuron[: self.lane_bits]]", "Array(stored)[0]"),
    Bug(NAME, "write.en.eq((self.fetched | (self.counts & is_own))", "write.en.eq((self.counts & is_own)"),
    Bug(NAME, "Mux(self.fetched, self.fetched_neuron, self.neuron)", "self.neuron"),
)
OF_ANOTHER_SAMPLE = (
    Bug(NAME, "Mux(self.of_all | self.row.again, matches", "Mux(self.of_all, matches"),
    Bug(NAME, "Array(totals)[self.sample]", "Array(totals)[0]"),
    Bug(NAME, "Array(words)[self.sample]", "Array(words)[0]"),
    Bug(NAME, "self.start & (self.first | (self.sample == i))", "self.start"),
    Bug(NAME, "self.of_all | (self.sample == i)\n", "self.row.valid\n"),
)
CLAIMS = tuple(
    Claim(
        name=f"group-sums-{sample}",
        about=f"sample {sample}: the matches that are compared and divided are those that came last of each row, mended or not",
        harness=lambda bug, sample=sample: GroupSumsHarness(sample, bug),
        depth=5,
        bug_depth=16,
        bugs=bugs,
    )
    for sample, bugs in ((0, NOT_MENDED), (1, OF_ANOTHER_SAMPLE))
)
