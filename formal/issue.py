"""No token enters the array while a write that it would miss is on its way, and every token enters once and in order."""

from functools import reduce
from operator import or_

from amaranth.hdl import Assert, Cat, Elaboratable, Module, Signal, Value
from amaranth.lib import data

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, copy_of
from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

NAME = "hw.issue"
SOURCES = 2
DEPTH = 2 * tokens.WRITE_LATENCY + 4


class IssueHarness(Elaboratable):
    """The block with sources that offer anything, beside a memory of what entered the array in the last cycles."""

    def __init__(self, memory_ports: int, bug: Bug | None) -> None:
        self.geometry = Geometry(
            columns=4, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=1, slices=2, memory_ports=memory_ports
        )
        self.block = copy_of(NAME, bug).Issue(self.geometry, sources=SOURCES)

    def elaborate(self, platform: object) -> Module:
        m, layout = clocked_module(), token_layout(self.geometry)
        m.submodules.block = block = self.block
        for source in block.source:
            free(m, source.valid)
            free(m, source.payload.as_value())

        # Writes of the last cycles and the token that enters now. A write is in the memory WRITE_LATENCY cycles after its
        # token: what reads that word has to be a cycle later.
        token = block.token
        for distance in range(1, tokens.WRITE_LATENCY + 1):
            before = data.View(layout, earlier(m, token.as_value(), distance))
            m.d.comb += Assert(~(is_one_of(token, tokens.READS_WEIGHTS) & self.writes_word_of(before, token)))
            if self.geometry.memory_ports == 1 and distance == tokens.WRITE_LATENCY:
                writes = is_one_of(before, tokens.WRITES_WEIGHTS)
                m.d.comb += Assert(~(is_one_of(token, tokens.READS_WEIGHTS) & writes))

        # Every token that is accepted comes out once and in order: it waits in one place, then enters the array.
        accepted = [source.valid & source.ready for source in block.source]
        taken = Signal(layout)
        waiting, entering = Signal(layout), Signal(layout)
        m.d.comb += [Assert(~reduce(or_, accepted[1:]) | ~block.source[0].valid), Assert(Cat(accepted) != 3)]
        for source, is_accepted in zip(block.source, accepted, strict=True):
            with m.If(is_accepted):
                m.d.comb += taken.eq(source.payload)
        with m.If(block.stalled):
            m.d.sync += entering.opcode.eq(Opcode.IDLE)
        with m.Else():
            m.d.sync += [waiting.eq(taken), entering.eq(waiting)]
        some = Cat(source.valid for source in block.source).any()
        m.d.comb += [
            Assert(token.opcode == entering.opcode),
            Assert((token.opcode == Opcode.IDLE) | (token.as_value() == entering.as_value())),
            Assert(block.stalled | ~some | Cat(accepted).any()),
            # nothing waits longer than the array takes to write
            Assert(~Cat(earlier(m, block.stalled, n) for n in range(tokens.WRITE_LATENCY + 1)).all()),
        ]
        return m

    def writes_word_of(self, before, token) -> Value:
        """Whether `before` writes a weight that `token` looks at: FORWARD looks at all slices of a word, others at one."""
        lanes = self.geometry.lanes
        same_slice = [(before.synapse // lanes == s) & (token.synapse // lanes == s) for s in range(self.geometry.slices)]
        meets = Cat(same_slice).any() | (token.opcode == Opcode.FORWARD)
        return is_one_of(before, tokens.WRITES_WEIGHTS) & (before.address == token.address) & meets


def is_one_of(token, opcodes: tuple[Opcode, ...]) -> Value:
    return Cat(token.opcode == opcode.value for opcode in opcodes).any()


PORTS = {
    2: (
        Bug(NAME, "range(tokens.WRITE_LATENCY)]", "range(tokens.WRITE_LATENCY - 1)]"),
        Bug(NAME, "enumerate(ahead, 1)", "enumerate(ahead[:-1], 1)"),
        Bug(NAME, "(whole_word | same_slice)", "same_slice"),
        Bug(NAME, "for source in reversed(list(self.source))", "for source in self.source"),
        Bug(NAME, "free = free & ~source.valid", "free = free"),
        Bug(NAME, "waiting.eq(chosen), issued[0].eq(waiting)", "waiting.eq(chosen), issued[0].eq(chosen)"),
        Bug(NAME, "issued[0].opcode.eq(Opcode.IDLE)]", "]"),
    ),
    1: (
        Bug(NAME, "if self.geometry.memory_ports == 1 and distance", "if 0 and distance"),
        Bug(NAME, "(meets << tokens.WRITE_LATENCY - 1)", "0"),
        Bug(NAME, "_writes(issued[-2])", "_writes(issued[-1])"),
    ),
}
CLAIMS = tuple(
    Claim(
        name=f"issue-{ports}-port{'s'[: ports - 1]}",
        about="no token reads a weight whose write is on its way; every token once and in order, none waits for ever"
        + ("" if ports == 2 else "; no memory reads in a cycle in which it writes"),
        harness=lambda bug, ports=ports: IssueHarness(ports, bug),
        depth=DEPTH,
        bugs=bugs,
    )
    for ports, bugs in PORTS.items()
)
