"""Finds out, when the chip has been started, whether it is there, how many columns it has and how far away it is."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.store.chip import Chip
from hw.store.controller import Transfers

PATTERNS = (0x5A0F_C396, 0x96C3_A55A)
"""Two words that differ from each other and from each other's complements in all their bytes.

Pins that nobody drives keep what was on them for a while: one word would come back from a board without a memory. Two that are
read in successive cycles do so from a chip alone, and only if the cycle is the right one.
"""
WORDS = len(PATTERNS)


class Probe(wiring.Component):
    """Stands between the controller and whoever uses it, and uses it first; 100 cycles or so.

    It writes two words to the beginning of the memory, and their complements to where the second half begins of a memory with
    `wide_columns`. In one without, that is the beginning too: an address pin is not connected inside the chip.

    Members
    -------
    ready : the chip has been started
    below : to the controller; above : of whoever uses it, once `present`
    late : for the controller: found out by trying
    done, present, wide : it has been tried; there is a memory; with its `wide_columns`
    """

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        super().__init__(
            {
                "ready": In(1),
                "below": Out(Transfers(chip)),
                "above": In(Transfers(chip)),
                "late": Out(1, init=1),
                "done": Out(1),
                "present": Out(1),
                "wide": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below, request = self.below, self.below.request
        second_half = Signal()
        word = Signal(range(WORDS + 1))
        same = Signal(2)  # all words so far are those of the first half, of the second half
        patterns = [C(pattern & (1 << self.chip.width) - 1, self.chip.width) for pattern in PATTERNS]
        expected = Mux(word[0], patterns[1], patterns[0])
        beyond = self.chip.address_bits - 1 if self.chip.wide_columns else WORDS.bit_length() - 1
        with m.FSM():
            with m.State("write"):
                m.d.comb += [request.payload.write.eq(1), request.valid.eq(self.ready)]
                m.d.sync += word.eq(0)
                with m.If(request.ready & self.ready):
                    m.next = "words"
            with m.State("words"):
                m.d.comb += [
                    below.written.valid.eq(1),
                    below.written.payload.eq(expected ^ second_half.replicate(self.chip.width)),
                ]
                with m.If(below.written.ready):
                    m.d.sync += word.eq(word + 1)
                    with m.If(word == WORDS - 1):
                        m.d.sync += second_half.eq(~second_half)
                        m.next = "write"
                        with m.If(second_half):
                            m.next = "read"
            with m.State("read"):
                m.d.comb += request.valid.eq(1)
                m.d.sync += [word.eq(0), same.eq(0b11)]
                with m.If(request.ready):
                    m.next = "compare"
            with m.State("compare"):
                with m.If(below.read.valid):
                    m.d.sync += [
                        word.eq(word + 1),
                        same.eq(same & Cat(below.read.payload == expected, below.read.payload == ~expected)),
                    ]
                with m.If(word == WORDS):
                    m.next = "done"
                    m.d.sync += [
                        self.wide.eq(same[0] & C(self.chip.wide_columns > 0)),
                        self.present.eq(same[0] | (same[1] & C(self.chip.wide_columns > 0))),
                    ]
                    with m.If((same == 0) & self.late):
                        m.d.sync += self.late.eq(0)
                        m.next = "write"
            with m.State("done"):
                m.d.comb += self.done.eq(1)
                with m.If(self.present):
                    connect(m, flipped(self.above), flipped(below))
        with m.If(~self.done):
            m.d.comb += [request.payload.count.eq(WORDS), request.payload.address.eq(second_half << beyond)]
        return m
