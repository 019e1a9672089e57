"""The registers between two streams hold the words that were pushed last, until they are popped."""

from amaranth.hdl import Assert, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, copy_of

NAME = "hw.register_slice"
WIDTH = 8


class RegisterSliceHarness(Elaboratable):
    """The block beside what it should be: one word, and whether there is one."""

    def __init__(self, bug: Bug | None) -> None:
        self.block = copy_of(NAME, bug).RegisterSlice(shape=WIDTH)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.block = block = self.block
        for each in (block.pushed.valid, block.pushed.payload, block.popped.ready):
            free(m, each)
        full, word = Signal(), Signal(WIDTH)
        with m.If(block.pushed.valid & block.pushed.ready):
            m.d.sync += [full.eq(1), word.eq(block.pushed.payload)]
        with m.Elif(block.popped.valid & block.popped.ready):
            m.d.sync += full.eq(0)
        m.d.comb += [
            Assert(block.popped.valid == full),
            Assert(block.pushed.ready == ~full),
            Assert(~full | (block.popped.payload == word)),
        ]
        return m


class FullRateSliceHarness(Elaboratable):
    """The block beside what it should be: a queue of two words, the older one at `popped`."""

    def __init__(self, bug: Bug | None) -> None:
        self.block = copy_of(NAME, bug).FullRateSlice(shape=WIDTH)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.block = block = self.block
        for each in (block.pushed.valid, block.pushed.payload, block.popped.ready):
            free(m, each)
        held, older, newer = Signal(range(3)), Signal(WIDTH), Signal(WIDTH)
        comes, goes = Signal(), Signal()
        m.d.comb += [
            comes.eq(block.pushed.valid & block.pushed.ready),
            goes.eq(block.popped.valid & block.popped.ready),
        ]
        m.d.sync += held.eq(held + comes - goes)
        with m.If(goes):
            m.d.sync += older.eq(newer)
        with m.If(comes):
            with m.If(held == goes):
                m.d.sync += older.eq(block.pushed.payload)
            with m.Else():
                m.d.sync += newer.eq(block.pushed.payload)
        m.d.comb += [
            Assert(block.popped.valid == (held != 0)),
            Assert(held <= 2),
            Assert(block.pushed.ready == (held != 2)),
            Assert((held == 0) | (block.popped.payload == older)),
            Assert((held != 2) | (block.second == newer)),
        ]
        return m


CLAIMS = (
    Claim(
        name="register-slice",
        about="every word once and in order; a word that waits does not change",
        harness=RegisterSliceHarness,
        depth=6,
        bugs=(
            Bug(
                NAME, "self.pushed.ready.eq(~self.popped.valid)", "self.pushed.ready.eq(~self.popped.valid | self.popped.ready)"
            ),
            Bug(NAME, "self.popped.valid.eq(~self.popped.ready)", "self.popped.valid.eq(0)"),
            Bug(NAME, "with m.Else():\n            m.d.sync += [", "with m.If(1):\n            m.d.sync += ["),
        ),
    ),
    Claim(
        name="full-rate-slice",
        about="every word once and in order, two of them held; one a cycle",
        harness=FullRateSliceHarness,
        depth=8,
        bugs=(
            Bug(NAME, "pushed.ready.eq(~waiting)", "pushed.ready.eq(1)"),
            Bug(NAME, "Mux(waiting, self.second, pushed.payload)", "pushed.payload"),
            Bug(NAME, "popped.valid.eq(pushed.valid | waiting)", "popped.valid.eq(pushed.valid)"),
        ),
    ),
)
