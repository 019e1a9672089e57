"""Which record is rehearsed, and where a new sample is kept (clause 19): the state of rehearsal, and its random word."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import wire_layout
from hw.learning.draw import xorshift
from sw.contract.rehearsal import DEFAULT_PRNG, MOST_PER, MOST_RECORDS
from sw.contract.sample_memory import REHEARSAL

RECORD_BITS = MOST_RECORDS.bit_length()
DRAW_LAYOUT = data.StructLayout({"keeps": 1, "record": RECORD_BITS, "last": 1})
"""A record of the reservoir that is to be learned again, or that becomes the new sample: then it is the last one of the sample.

A sample that is not kept ends with `last` and without `keeps`, and nothing is to be done with the record.
"""
STATE_LAYOUT = wire_layout(REHEARSAL)
WRITE_LAYOUT = data.StructLayout({"place": range(REHEARSAL.size), "value": 8})


class Draws(wiring.Component):
    """For each new sample: the records that are rehearsed after it, in order, then the one that it becomes.

    A draw is a step of the random word and a multiplication with it, of which the upper 32 bits are the number: a bit a cycle,
    36 cycles in all, and one more where the number is compared with R.

    Members
    -------
    write : a byte of the state (`sw.contract.sample_memory.REHEARSAL`), while nothing is being drawn; always ready
    clear : one cycle: no rehearsal, as after CONFIGURE
    state : settings and state
    next : one cycle: a new sample has come; not again before the last draw was taken
    draws : `DRAW_LAYOUT`
    """

    write: In(stream.Signature(WRITE_LAYOUT))
    clear: In(1)
    state: Out(STATE_LAYOUT)
    next: In(1)
    draws: Out(stream.Signature(DRAW_LAYOUT))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        state = self.state
        self.filled = Signal(RECORD_BITS)  # f
        self.kept_all = Signal()  # c < R
        self.limit = Signal(32)  # min(c + 1, N)
        self.one_more = one_more = Signal(65)  # c + 1
        seen = Signal(64)
        filling = Signal()
        # Comparisons of 32 bits, of which the upper ones of a count may be none, take half the logic of those of 64. That of c
        # with N, and not of c + 1, does not wait for the sum: where c + 1 = N, either is the smaller one.
        below_horizon = Signal()
        early = ~seen[32:].any()
        m.d.comb += [
            seen.eq(state.seen),
            one_more.eq(seen + 1),
            filling.eq(early & (seen[:32] < state.size)),
            below_horizon.eq(early & (seen[:32] < state.horizon)),
        ]
        m.d.sync += [
            self.kept_all.eq(filling),
            self.filled.eq(Mux(filling, seen, state.size)),
            self.limit.eq(Mux(below_horizon, one_more, state.horizon)),
        ]
        self.bit = Signal(range(32))
        self.chosen = Signal()  # the bit of the random word that is multiplied next
        self.product = Signal(33)  # its upper bits; those that have been multiplied have left
        self.below_size = Signal()  # a cycle behind the product
        m.d.sync += [
            self.chosen.eq(state.prng.bit_select(self.bit, 1)),
            self.below_size.eq(self.product[1:] < state.size),
        ]
        self._set_state(m)
        self._draw(m)
        return m

    def _set_state(self, m: Module) -> None:
        state, byte = self.state, self.write.payload
        m.d.comb += self.write.ready.eq(1)
        with m.If(self.write.valid):
            m.d.sync += state.as_value().word_select(byte.place, 8).eq(byte.value)
        with m.If(self.clear):
            m.d.sync += [state.eq(0), state.prng.eq(DEFAULT_PRNG), state.every.eq(1), state.per.eq(1)]

    def _draw(self, m: Module) -> None:
        """States of a sample."""
        state, draw = self.state, self.draws.payload
        left = Signal(range(MOST_PER + 1))  # records to rehearse
        due = Signal()
        rehearses = Signal()
        factor = Signal(32)
        bit, product = self.bit, self.product
        sum_ = Signal(33)
        m.d.comb += [
            due.eq(state.phase + 1 == state.every),
            factor.eq(Mux(rehearses, self.filled, self.limit)),
            sum_.eq(product[1:] + Mux(self.chosen, factor, 0)),
        ]
        with m.FSM():
            with m.State("idle"):
                m.d.sync += [rehearses.eq(due & (self.filled != 0)), left.eq(state.per)]
                with m.If(self.next):
                    m.d.sync += state.phase.eq(Mux(due, 0, state.phase + 1))
                    m.next = "plan"
            with m.State("plan"):
                m.next = "step"
                with m.If(~rehearses & self.kept_all):
                    m.next = "keep"
            with m.State("step"):
                m.d.sync += [state.prng.eq(xorshift(state.prng)), product.eq(0), bit.eq(0)]
                m.next = "choose"
            with m.State("choose"):
                m.d.sync += bit.eq(1)
                m.next = "multiply"
            with m.State("multiply"):
                m.d.sync += [product.eq(sum_), bit.eq(bit + 1)]
                with m.If(bit == 0):
                    m.next = "compare"
                    with m.If(rehearses):
                        m.next = "rehearse"
            with m.State("rehearse"):
                m.d.comb += [self.draws.valid.eq(1), draw.record.eq(product[1:])]
                with m.If(self.draws.ready):
                    m.d.sync += left.eq(left - 1)
                    m.next = "step"
                    with m.If(left == 1):
                        m.d.sync += rehearses.eq(0)
                        m.next = "plan"
            with m.State("compare"):
                m.next = "keep"
            with m.State("keep"):
                m.d.comb += [
                    self.draws.valid.eq(1),
                    draw.last.eq(1),
                    draw.record.eq(Mux(self.kept_all, self.filled, product[1:])),
                    draw.keeps.eq(self.kept_all | self.below_size),
                ]
                with m.If(self.draws.ready):
                    m.d.sync += state.seen.eq(self.one_more)
                    m.next = "settle"
            with m.State("settle"):  # until what depends on `seen` is known again
                m.next = "idle"
