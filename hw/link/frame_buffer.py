"""Keeps whole frames: a frame that turns out to be bad, or does not fit, leaves no trace."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.link.frame_layouts import FRAME_TOKEN, LAST_BYTE
from hw.memory import add_memory, offer_words
from hw.register_slice import RegisterSlice


class FrameBuffer(Component):
    """A first-in first-out memory of frames, in block RAM of `depth` words of 9 bits.

    Bytes are written as they come, beyond what the reader may see; the end of a good frame moves that limit, the end
    of a bad one moves the writer back. Takes a token every cycle and never makes its source wait: a frame for which
    there is no room is dropped. Gives a byte every other cycle; the latency from the end of a frame to its first byte
    is 4 cycles.

    Parameters
    ----------
    depth : bytes, a power of two; raises ValueError otherwise

    Members
    -------
    tokens : `FRAME_TOKEN`; always ready
    frames : `LAST_BYTE` of whole frames
    dropped : one cycle: a frame had an error, no room or no byte
    """

    tokens: In(stream.Signature(FRAME_TOKEN))
    frames: Out(stream.Signature(LAST_BYTE))
    dropped: Out(1)

    def __init__(self, depth: int) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth is {depth}, expected a power of two from 2 up")
        self.depth = depth
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        memory = add_memory(m, "memory", shape=LAST_BYTE, depth=self.depth)
        write = memory.write_port()

        written, committed, given = (Signal(range(2 * self.depth)) for _ in range(3))
        room, too_long = Signal(), Signal()
        m.d.comb += room.eq((written ^ given) != self.depth)

        # The newest byte waits outside the memory: whether it is the last one is known only when the next token comes.
        newest, has_newest = Signal(8), Signal()
        token = self.tokens.payload
        good = Signal()
        m.d.comb += good.eq(~token.error & ~too_long & room & has_newest)
        m.d.comb += [self.tokens.ready.eq(1), write.addr.eq(written), write.data.data.eq(newest)]
        m.d.comb += write.data.last.eq(token.end)
        with m.If(self.tokens.valid):
            with m.If(token.end):
                m.d.comb += [write.en.eq(good), self.dropped.eq(~good)]
                m.d.sync += [has_newest.eq(0), too_long.eq(0)]
                m.d.sync += [written.eq(Mux(good, written + 1, committed))]
                with m.If(good):
                    m.d.sync += committed.eq(written + 1)
            with m.Else():
                m.d.sync += [newest.eq(token.data), has_newest.eq(1)]
                with m.If(has_newest & room):
                    m.d.comb += write.en.eq(1)
                    m.d.sync += written.eq(written + 1)
                with m.Elif(has_newest):
                    m.d.sync += too_long.eq(1)

        # A block RAM answers late in the cycle: what is done with a byte begins at a register behind it.
        m.submodules.out = out = RegisterSlice(shape=LAST_BYTE.size)
        offer_words(m, memory, out.pushed, given=given, limit=committed)
        m.d.comb += [
            self.frames.payload.eq(out.popped.payload),
            self.frames.valid.eq(out.popped.valid),
            out.popped.ready.eq(self.frames.ready),
        ]
        return m
