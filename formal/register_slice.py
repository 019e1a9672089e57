"""The register between two streams holds the word that was pushed last, until it is popped."""

from amaranth.hdl import Assert, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, copy_of

NAME = "hw.register_slice"
WIDTH = 8


class RegisterSliceHarness(Elaboratable):
    """The block beside what it should be: one word, and whether there is one."""

    def __init__(self, bug: Bug | None) -> None:
        self.block = copy_of(NAME, bug).RegisterSlice(width=WIDTH)

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
)
