"""Bytes that went into the encoder come out of the decoder behind it, and between the two one value never goes."""

from amaranth.hdl import Assert, Assume, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of
from sw.contract.escape import ESCAPE, FORBIDDEN

NAME = "hw.link.escape"


class EscapeHarness(Elaboratable):
    """The encoder, the line, the decoder. Any bytes come, one that waits does not change; they are taken at any pace."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.module = bug, copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        encoder, decoder = self.module.EscapeEncoder(), self.module.EscapeDecoder()
        m.submodules.encoder = encoding = Elaborated(self.module, encoder)
        m.submodules.decoder = decoding = Elaborated(self.module, decoder)
        given, line, gotten = encoder.plain, encoder.escaped, decoder.plain
        for each in (given.valid, given.payload, gotten.ready):
            free(m, each)
        waiting, waits = Signal(), Signal(8)
        m.d.sync += [waiting.eq(given.valid & ~given.ready), waits.eq(given.payload)]
        m.d.comb += [
            Assume(~waiting | (given.valid & (given.payload == waits))),
            decoder.escaped.valid.eq(line.valid),
            decoder.escaped.payload.eq(line.payload),
            line.ready.eq(decoder.escaped.ready),
            Assert(~line.valid | (line.payload != FORBIDDEN)),
            Assert(~line.valid | ((line.payload == 0) == (given.payload == 0))),
            Assert((gotten.valid & gotten.ready) == (given.valid & given.ready)),
            Assert(~gotten.valid | (gotten.payload == given.payload)),
        ]
        if self.bug is None:
            second = encoding.inside["second"]
            m.d.comb += [
                Assert(second == decoding.inside["second"]),
                Assert(~second | (waiting & ((waits == FORBIDDEN) | (waits == ESCAPE)))),
            ]
        return m


CLAIMS = (
    Claim(
        name="escape",
        about="every byte once and in order; on the line between, the forbidden byte never, and no zero but what was one",
        harness=EscapeHarness,
        depth=6,
        bugs=(
            Bug(NAME, "(byte == FORBIDDEN) | (byte == ESCAPE)", "byte == FORBIDDEN"),
            Bug(NAME, "(byte == FORBIDDEN) | (byte == ESCAPE)", "byte == ESCAPE"),
            Bug(NAME, "Mux(begins, ESCAPE, Mux(second, ~byte, byte))", "Mux(begins, ESCAPE, byte)"),
            Bug(NAME, "self.escaped.ready & ~begins", "self.escaped.ready"),
            Bug(NAME, "self.escaped.valid & ~begins", "self.escaped.valid"),
            Bug(NAME, "Mux(second & (byte != 0), ~byte, byte)", "byte"),
        ),
    ),
)
