"""The frame buffer gives every byte of every frame that it doesn't drop, once and in order, and drops what it must.

One byte, whichever, is followed from its token to the reader. A byte of a frame that is still coming is followed by its
place in the frame, one of a frame that was kept by the number of bytes ahead of it.
"""

from typing import Any

from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Cat, Elaboratable, Module, Mux, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of

NAME, MEMORY = "hw.link.frame_buffer", "hw.memory"
LATENCY = 4


class FrameBufferHarness(Elaboratable):
    """A frame buffer beside counts of the bytes of the frame that is coming and of those that were kept."""

    def __init__(self, depth: int, bug: Bug | None) -> None:
        self.depth, self.bug, self.module = depth, bug, copy_of(NAME, bug)
        self.module.offer_words = copy_of(MEMORY, bug).offer_words
        self.looks: list[Any] = []

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        add_memory, register_slice = self.module.add_memory, self.module.RegisterSlice
        inner: list[Any] = []

        def seen_memory(*args: Any, **fields: Any) -> Any:
            """The memory with two ports more, through which the harness sees a byte of either kind."""
            memory = add_memory(*args, **fields)
            inner.extend(memory.read_port(domain="comb") for _ in range(2))
            return memory

        def seen_slice(**fields: Any) -> Any:
            inner.append(register_slice(**fields))
            return inner[-1]

        self.module.add_memory, self.module.RegisterSlice = seen_memory, seen_slice
        block = self.module.FrameBuffer(self.depth)
        m.submodules.block = elaborated = Elaborated(self.module, block)
        token, frames = block.tokens, block.frames
        for each in (token.valid, token.payload.as_value(), frames.ready):
            free(m, each)
        byte_comes, frame_ends, popped = Signal(), Signal(), Signal()
        m.d.comb += [
            byte_comes.eq(token.valid & ~token.payload.end),
            frame_ends.eq(token.valid & token.payload.end),
            popped.eq(frames.valid & frames.ready),
        ]

        # what comes and what was kept; the registers at the reader hold two bytes more than the memory
        most = self.depth + 2
        coming, kept = Signal(range(most + 2)), Signal(range(most + 2))
        fits = Signal(init=1)  # however far the reader is behind, the frame has had room until now
        keeps = frame_ends & ~block.dropped
        m.d.sync += kept.eq(kept + Mux(keeps, coming, 0) - popped)
        with m.If(frame_ends):
            m.d.sync += [coming.eq(0), fits.eq(1)]
        with m.Elif(byte_comes):
            m.d.sync += [coming.eq(Mux(coming == most + 1, coming, coming + 1)), fits.eq(fits & (coming + kept < self.depth))]

        # the byte that is followed
        chosen, is_coming, is_kept, is_last = Signal(), Signal(), Signal(), Signal()
        byte, place, ahead = Signal(8), Signal(range(most + 2)), Signal(range(most + 2))
        m.d.comb += chosen.eq(AnySeq(1) & byte_comes & ~is_coming & ~is_kept)
        with m.If(chosen):
            m.d.sync += [is_coming.eq(1), byte.eq(token.payload.data), place.eq(coming)]
        with m.If(is_coming & frame_ends):
            m.d.sync += [is_coming.eq(0), is_kept.eq(keeps)]
            m.d.sync += [ahead.eq(kept + place - popped), is_last.eq(place + 1 == coming)]
        with m.If(is_kept & popped):
            m.d.sync += [is_kept.eq(ahead != 0), ahead.eq(ahead - 1)]

        was_waiting, waiting_byte = Signal(), Signal(9)
        behind = Signal(LATENCY - 1)  # cycles in which there were bytes but none at the reader
        m.d.sync += [
            was_waiting.eq(frames.valid & ~frames.ready),
            waiting_byte.eq(frames.payload.as_value()),
            behind.eq(Mux((kept != 0) & ~frames.valid, Cat(1, behind), 0)),
        ]
        must_drop = token.payload.error | (coming == 0) | (coming > self.depth)
        m.d.comb += [
            Assert(token.ready),
            Assert(~(is_kept & popped & (ahead == 0)) | (frames.payload.as_value() == Cat(byte, is_last))),
            Assert(~frames.valid | (kept != 0)),
            Assert(~was_waiting | frames.valid & (frames.payload.as_value() == waiting_byte)),
            Assert(~behind.all()),
            Assert(~block.dropped | frame_ends),
            Assert(~frame_ends | ~must_drop | block.dropped),
            Assert(~frame_ends | must_drop | ~fits | ~block.dropped),
        ]
        if self.bug is None:
            ghost = {"coming": coming, "kept": kept, "fits": fits, "is_coming": is_coming, "is_kept": is_kept}
            ghost |= {"is_last": is_last, "byte": byte, "place": place, "ahead": ahead, "behind": behind}
            self.add_invariants(m, block, elaborated.inside, inner, ghost)
        return m

    def add_invariants(self, m: Module, block: Any, inside: dict[str, Any], inner: list, ghost: dict[str, Any]) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it, from the streams."""
        written, committed, given = (inside[name] for name in ("written", "committed", "given"))
        too_long, newest, has_newest = (inside[name] for name in ("too_long", "newest", "has_newest"))
        look_coming, look_kept, out = inner
        bits = len(written)
        in_memory, unread = (written - given)[:bits], (committed - given)[:bits]
        coming, kept, place, ahead = ghost["coming"], ghost["kept"], ghost["place"], ghost["ahead"]
        whole = Cat(ghost["byte"], ghost["is_last"])
        queued = ahead - block.frames.valid  # of the kept byte: how many are ahead behind the register at the reader
        is_out, is_read = block.frames.valid & (ahead == 0), out.pushed.valid & (ahead == block.frames.valid)
        m.d.comb += [
            look_coming.addr.eq(committed + place),
            look_kept.addr.eq(given + queued - out.pushed.valid),
            Assert(in_memory <= self.depth),
            Assert(unread <= in_memory),
            Assert(kept == unread + out.pushed.valid + block.frames.valid),
            Assert(has_newest == (coming != 0)),
            Assert(too_long | ((written - committed)[:bits] + has_newest == coming)),
            Assert(~ghost["fits"] | ~too_long & (coming + kept <= self.depth + 2)),
            Assert(~ghost["is_coming"] | too_long | (place < coming)),
            Assert(~(ghost["is_coming"] & ghost["is_kept"])),
            Assert(~ghost["is_kept"] | (ahead < kept)),
            Assert(
                ~ghost["is_coming"]
                | too_long
                | Mux(
                    place + 1 == coming,
                    newest == ghost["byte"],
                    look_coming.data.as_value() == ghost["byte"],
                )
            ),
            Assert(
                ~ghost["is_kept"]
                | Mux(
                    is_out,
                    block.frames.payload.as_value() == whole,
                    Mux(is_read, out.pushed.payload == whole, look_kept.data.as_value() == whole),
                )
            ),
        ]


BUGS = (
    Bug(NAME, "~token.error & ~too_long", "~too_long"),
    Bug(NAME, "~too_long & room & has_newest", "room & has_newest"),
    Bug(NAME, "~too_long & room & has_newest", "~too_long & has_newest"),
    Bug(NAME, "room & has_newest)", "room)"),
    Bug(NAME, "Mux(good, written + 1, committed)", "Mux(good, written + 1, written)"),
    Bug(NAME, "[has_newest.eq(0), too_long.eq(0)]", "[has_newest.eq(0)]"),
    Bug(NAME, "write.data.last.eq(token.end)", "write.data.last.eq(0)"),
    Bug(NAME, "committed.eq(written + 1)", "committed.eq(written)"),
    Bug(NAME, "limit=committed", "limit=written"),
    Bug(MEMORY, "with m.Elif(words.ready):", "with m.Elif(0):"),
)
CLAIMS = (
    Claim(
        name="frame-buffer-4",
        about="4 bytes: every byte of every frame that is not dropped, once and in order; drops bad, empty and too long ones",
        harness=lambda bug: FrameBufferHarness(4, bug),
        depth=11,
        bugs=BUGS,
    ),
)
