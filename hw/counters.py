"""Counters of events, cycles and training samples: in one small memory, 16 bits after another, and one adder for all."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import EVENTS_LAYOUT, REPORT_ADDRESS_BITS, SAMPLES_PLACE, STATE_LAYOUT
from hw.memory import add_memory, read_word

WORD_BITS = 16
WORDS = 4  # of a counter: 64 bits
LOW_BITS = 7
COUNTERS = len(EVENTS_LAYOUT.members)
WALK = WORDS * COUNTERS
"""Cycles after which every event is in the memory, when nobody reads or writes it."""
READS = (2**LOW_BITS - 1 - WALK) // 2
"""Words that may be read within one walk while events come."""


class Counters(wiring.Component):
    """Counts the cycles in which each of `events` is set, modulo 2^64.

    The lowest bits of every counter are a small counter of its own. A pointer walks over the words of the memory, one a
    cycle; where a counter begins it stores its small counter, and when that has become smaller since the last time, it
    carries one into the bits above. The walk takes fewer cycles than a small counter has values, so none is missed;
    each read makes it longer by two cycles, so while events come there are at most `READS` in a walk.

    No word is read in the cycle in which it, or a byte of it, is written: the walk writes in the next cycle after its read,
    and whoever else reads or writes first stops it for a cycle.

    Members
    -------
    events : by the name of the counter; `samples`, `bad_frames`, then those of the engine
    clear : one cycle: all but `bad_frames` become zero; `reset` : all of them. `busy` until done: no events but `bad_frames`
    write : a byte of `samples` (`hw.engine_ports.STATE_LAYOUT`), while no sample is being trained
    read, address, word : `read` for two cycles, then `word` has 16 bits of a counter: word address % 4 of the counter
        address // 4. What happened more than `WALK` cycles ago is in it
    """

    events: In(EVENTS_LAYOUT)
    clear: In(1)
    reset: In(1)
    busy: Out(1)
    write: In(stream.Signature(STATE_LAYOUT))
    read: In(1)
    address: In(REPORT_ADDRESS_BITS)
    word: Out(WORD_BITS)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        memory = add_memory(m, "memory", shape=data.ArrayLayout(8, 2), depth=WALK)
        write = memory.write_port(granularity=1)

        small = [Signal(LOW_BITS, name=f"small_{name}") for name, _ in EVENTS_LAYOUT]
        low_byte = self.write.payload.value
        for (name, _), value in zip(EVENTS_LAYOUT, small, strict=True):
            with m.If(self.events[name]):
                # bit by bit: a carry chain of so few bits would take more
                m.d.sync += value.eq(value ^ Cat(value[:bit].all() for bit in range(LOW_BITS)))
            if name == "samples":
                with m.If(self.write.valid & self.write.ready & (self.write.payload.place == SAMPLES_PLACE)):
                    m.d.sync += value.eq(low_byte)
            with m.If(self.reset | (self.clear if name != "bad_frames" else 0)):
                m.d.sync += value.eq(0)

        # first: the address; then: the word, one more than it was, or zero
        part, counter = Signal(range(WORDS)), Signal(range(COUNTERS))
        step, writing = Signal(), Signal()
        at, low, lowest, keep = Signal(REPORT_ADDRESS_BITS), Signal(LOW_BITS), Signal(), Signal()
        clear_due, clearing, all_due = Signal(init=1), Signal(), Signal(init=1)  # the first walk clears what nobody wrote
        last = (counter == COUNTERS - 1) & part.all()
        is_bad_frames = counter == list(EVENTS_LAYOUT.members).index("bad_frames")
        m.d.comb += [
            step.eq(~self.read & ~self.write.valid),
            self.word.eq(read_word(m, memory, address=Mux(self.read, self.address, Cat(part, counter)))),
            self.busy.eq(clear_due | clearing),
        ]
        m.d.sync += writing.eq(step)
        with m.If(step):
            m.d.sync += [
                part.eq(part + 1),
                at.eq(Cat(part, counter)),
                low.eq(Cat(small).word_select(counter, LOW_BITS)),
                lowest.eq(part == 0),
                keep.eq(~clearing | (is_bad_frames & ~all_due)),
            ]
            with m.If(part.all()):
                m.d.sync += counter.eq(counter + 1)
            with m.If(last):
                m.d.sync += [counter.eq(0), clear_due.eq(0), clearing.eq(clear_due)]
        with m.If(self.clear | self.reset):
            m.d.sync += [clear_due.eq(1), all_due.eq(self.reset | (self.busy & all_due))]

        carry = Signal()
        before = Signal(WORD_BITS)
        total = Signal(WORD_BITS + 1)
        one_more = Mux(lowest, low < before[:LOW_BITS], carry)
        m.d.comb += [
            before.eq(self.word & keep.replicate(WORD_BITS)),
            total.eq((before | Mux(lowest, (1 << LOW_BITS) - 1, 0)) + one_more),
            self.write.ready.eq(~writing),
        ]
        with m.If(writing):
            m.d.sync += carry.eq(total[-1])
            m.d.comb += [
                write.addr.eq(at),
                write.en.eq(0b11),
                write.data.eq(Cat(Mux(lowest, low, total[:LOW_BITS]), total[LOW_BITS:WORD_BITS])),
            ]
        with m.Else():
            m.d.comb += [
                write.addr.eq(self.write.payload.place[1:3]),
                write.en.eq(Mux(self.write.valid, Mux(self.write.payload.place[0], 0b10, 0b01), 0)),
                write.data.eq(self.write.payload.value.replicate(2)),
            ]
        return m
