"""A queue gives every word once and in order: one word, whichever, is followed from the push to the pop.

The word that is followed is chosen freely while it is pushed, and so is how long both sides wait. The claims speak of the
streams alone; what the induction needs to know of the inside stands apart.
"""

from typing import Any

from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Elaboratable, Module, Mux, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of

NAME, MEMORY = "hw.queue", "hw.memory"
WIDTH = 4


class QueueHarness(Elaboratable):
    """A queue of `room` words beside a count of what is in it and the place of the word that is followed."""

    def __init__(self, room: int, bug: Bug | None) -> None:
        self.room, self.bug, self.module = room, bug, copy_of(NAME, bug)
        self.module.offer_words = copy_of(MEMORY, bug).offer_words

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        look: Any = None
        add_memory = self.module.add_memory

        def seen_memory(*args: Any, **fields: Any) -> Any:
            """The memory with a port more, through which the harness sees a word."""
            nonlocal look
            memory = add_memory(*args, **fields)
            look = memory.read_port(domain="comb")
            return memory

        self.module.add_memory = seen_memory
        block = self.module.Queue(width=WIDTH, room=self.room)
        m.submodules.block = elaborated = Elaborated(self.module, block)
        for each in (block.pushed.valid, block.pushed.payload, block.popped.ready):
            free(m, each)
        pushed, popped = Signal(), Signal()
        m.d.comb += [
            pushed.eq(block.pushed.valid & block.pushed.ready),
            popped.eq(block.popped.valid & block.popped.ready),
        ]

        depth = 1 << block.place_bits
        count = Signal(range(depth + 2))  # the memory's words and the one in the output register
        m.d.sync += count.eq(count + pushed - popped)

        chosen, followed = Signal(), Signal()
        word, ahead = Signal(WIDTH), Signal(range(depth + 2))
        m.d.comb += chosen.eq(AnySeq(1) & pushed & ~followed)
        with m.If(chosen):
            m.d.sync += [followed.eq(1), word.eq(block.pushed.payload), ahead.eq(count - popped)]
        with m.Elif(followed & popped):
            m.d.sync += [followed.eq(ahead != 0), ahead.eq(ahead - 1)]

        idle, waiting_word, was_waiting = Signal(), Signal(WIDTH), Signal()
        m.d.sync += [
            idle.eq((count != 0) & ~block.popped.valid),
            waiting_word.eq(block.popped.payload),
            was_waiting.eq(block.popped.valid & ~block.popped.ready),
        ]
        m.d.comb += [
            Assert(~(followed & popped & (ahead == 0)) | (block.popped.payload == word)),
            Assert(~block.popped.valid | (count != 0)),
            Assert(~idle | block.popped.valid),  # a word comes out a cycle after it is the first
            Assert(block.pushed.ready | (count >= self.room)),
            Assert(~was_waiting | (block.popped.valid & (block.popped.payload == waiting_word))),
        ]

        if self.bug is None:
            self.add_invariants(m, block, elaborated.inside, look, count, followed, ahead, word)
        return m

    def add_invariants(self, m: Module, block: Any, inside: dict, look: Any, count, followed, ahead, word) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it, from the streams."""
        written, read = inside["written"], inside["read"]
        held = (written - read)[: len(written)]
        is_out = block.popped.valid & (ahead == 0)
        m.d.comb += [
            look.addr.eq(read + ahead - block.popped.valid),
            Assert(held <= 1 << block.place_bits),
            Assert(count == held + block.popped.valid),
            Assert(~followed | (ahead < count)),
            Assert(~followed | (Mux(is_out, block.popped.payload, look.data) == word)),
        ]


AT_ANY_ROOM = (
    Bug(MEMORY, "(~words.valid | words.ready)", "1"),
    Bug(MEMORY, "address=given, enable=take", "address=given"),
    Bug(MEMORY, "with m.Elif(words.ready):", "with m.Elif(0):"),
    Bug(MEMORY, "m.d.sync += [given.eq(given + 1), ", "m.d.sync += [given.eq(given + 1 + (given == 1)), "),
    Bug(NAME, "given=read, limit=written", "given=read, limit=written + 1"),
)
WHEN_FULL = (
    Bug(NAME, "(written ^ read) != 1 << self.place_bits", "1"),
    Bug(NAME, "write.en.eq(self.pushed.valid & self.pushed.ready)", "write.en.eq(self.pushed.valid)"),
)
CLAIMS = tuple(
    Claim(
        name=f"queue-{room}",
        about=f"room {room}: every word once and in order, a cycle after it is the first; a word that waits does not change",
        harness=lambda bug, room=room: QueueHarness(room, bug),
        depth=8,
        bugs=AT_ANY_ROOM + (WHEN_FULL if room == 2 else ()),  # a large one is not full so soon
    )
    for room in (2, 5, 16)
)
