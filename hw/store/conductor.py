"""The order in which samples come out of the memory and go into it: playback (clause 20) and rehearsal (clause 19)."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.store.draws import DRAW_LAYOUT, RECORD_BITS
from hw.store.mixer import NOTE_LAYOUT
from hw.store.record_memory import SLOT_BITS
from hw.store.record_reader import fetch_layout
from hw.store.sample_tags import TAG_LAYOUT, Kind

PLAY_LAYOUT = data.StructLayout({"record": 32, "count": 16, "train": 1, "permute": 1, "told": 1})
"""A stretch of the library: its first record, how many (not 0), whether it is learned, permuted, its predictions told."""


class Conductor(wiring.Component):
    """One thing after another: a stretch that is played, a record that is recalled, samples of the wire.

    After each new sample, wherever it comes from, while `rehearses`: the records that the draws say, then the sample is kept
    where they say. Without rehearsal records are asked for as fast as the reader takes them.

    A record whose CRC is wrong ends what is played before it, and all rehearsal (clause 21): `broken` until `mend`. What the
    wire brings is learned nevertheless, without rehearsal; whoever sends it is told by the link.

    Members
    -------
    play : taken when the stretch has been given to the engine, or has ended before a damaged record
    recall : a slot; taken when its record has been given to the link, or is damaged: then `recall_failed` has come, one cycle
    extra : tags without samples, for what was to be played and is not
    stores, slot_valid, slot : samples of the wire are written to slots from `slot` on (set in the cycle of `slot_valid`)
    stored : one cycle: one of them is in the memory
    rehearses : rehearsal is on
    next, draws : of `hw.store.draws.Draws`
    fetch, failed, fetched : of the reader; `empty` : no record is on its way from the memory to the mixer
    store : of the `hw.store.records.Records`
    begun, train, passed, idle : of the mixer: a new sample has begun; its last byte is kept; none is half way through
    open : to the mixer: the wire's next sample may begin
    broken : a record was damaged; `failures`, `failed_slot` : how many, and the first of them
    mend, clear : one cycle: forgets that; and which one was the first
    at_rest : nothing is under way here
    waiting : a stretch is played, and no record is ready for the engine: for a counter, of cycles in which that asks for one
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "play": In(stream.Signature(PLAY_LAYOUT)),
                "recall": In(stream.Signature(SLOT_BITS)),
                "stores": In(1),
                "slot_valid": In(1),
                "slot": In(SLOT_BITS),
                "stored": Out(1),
                "rehearses": In(1),
                "next": Out(1),
                "draws": In(stream.Signature(DRAW_LAYOUT)),
                "fetch": Out(stream.Signature(fetch_layout(NOTE_LAYOUT))),
                "failed": In(1),
                "fetched": In(fetch_layout(NOTE_LAYOUT)),
                "empty": In(1),
                "store": Out(stream.Signature(SLOT_BITS)),
                "begun": In(1),
                "train": In(1),
                "passed": In(1),
                "idle": In(1),
                "open": Out(1),
                "recall_failed": Out(1),
                "extra": Out(stream.Signature(TAG_LAYOUT)),
                "broken": Out(1),
                "failures": Out(32),
                "failed_slot": Out(SLOT_BITS),
                "mend": In(1),
                "clear": In(1),
                "at_rest": Out(1),
                "waiting": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.record = Signal(32)  # the next one of the stretch
        self.left = Signal(16)
        self.playing = Signal()
        self.kept = Signal()  # the new sample has gone by, all of it
        self.store_slot = Signal(SLOT_BITS)
        with m.If(self.passed):
            m.d.sync += self.kept.eq(1)
        with m.If(self.begun):
            m.d.sync += self.kept.eq(0)
        self._notice_damage(m)
        with m.FSM():
            self._begin(m)
            self._play(m)
            self._rehearse(m)
        return m

    def _notice_damage(self, m: Module) -> None:
        kind = self.fetched.note.kind
        m.d.sync += self.recall_failed.eq(self.failed & (kind == Kind.RECALLED))
        with m.If(self.failed & (kind != Kind.RECALLED)):
            m.d.sync += [self.failures.eq(self.failures + 1), self.broken.eq(1)]
            with m.If(~self.broken):
                m.d.sync += self.failed_slot.eq(self.fetched.slot)
            with m.If(kind != Kind.HIDDEN):
                m.d.sync += self.left.eq(self.left + 1)  # it was not played after all
        with m.If(self.mend):
            m.d.sync += [self.failures.eq(0), self.broken.eq(0)]
        with m.If(self.clear):
            m.d.sync += [self.failures.eq(0), self.broken.eq(0), self.failed_slot.eq(0)]
        with m.If(self.slot_valid):
            m.d.sync += self.store_slot.eq(self.slot)

    def _begin(self, m: Module) -> None:
        """States in which it is known that nothing is under way, and those of the wire's samples that are only stored."""
        record = self.fetch.payload
        with m.State("free"):
            m.d.comb += [self.open.eq(~self.play.valid & ~self.recall.valid), self.at_rest.eq(self.open & self.idle)]
            m.d.sync += [self.record.eq(self.play.payload.record), self.left.eq(self.play.payload.count), self.playing.eq(0)]
            with m.If(self.begun):
                with m.If(self.stores):
                    m.next = "store"
                with m.Elif(self.train & self.rehearses & ~self.broken):
                    m.d.comb += self.next.eq(1)
                    m.next = "rehearse"
            with m.Elif(self.idle & self.play.valid):
                m.d.sync += self.playing.eq(1)
                m.next = "play"
            with m.Elif(self.idle & self.recall.valid):
                m.next = "recall"
        with m.State("store"):
            m.d.comb += [
                self.store.payload.eq(self.store_slot),
                self.store.valid.eq(self.kept),
                self.stored.eq(self.store.ready),
            ]
            with m.If(self.store.ready & self.kept):
                m.d.sync += self.store_slot.eq(self.store_slot + 1)
                m.next = "free"
        with m.State("recall"):
            m.d.comb += [record.slot.eq(self.recall.payload), record.note.kind.eq(Kind.RECALLED), self.fetch.valid.eq(1)]
            with m.If(self.fetch.ready):
                m.next = "recalling"
        with m.State("recalling"):
            with m.If(self.empty & self.idle):
                m.d.comb += self.recall.ready.eq(1)
                m.next = "free"

    def _play(self, m: Module) -> None:
        """States of a stretch."""
        play, record = self.play.payload, self.fetch.payload
        rehearses = play.train & self.rehearses
        with m.State("play"):
            m.d.comb += [
                record.slot.eq(self.record),
                record.note.kind.eq(Mux(play.told, Kind.TOLD, Kind.COUNTED)),
                record.note.train.eq(play.train),
                record.note.permute.eq(play.permute),
                record.note.last.eq(self.left == 1),
                self.fetch.valid.eq(~self.broken & (self.left != 0)),
                self.waiting.eq(self.idle & (self.left != 0)),
            ]
            with m.If(self.broken | (self.left == 0)):
                m.next = "end"
            with m.Elif(self.fetch.ready):
                m.d.sync += [self.record.eq(self.record + 1), self.left.eq(self.left - 1)]
                with m.If(rehearses):
                    m.next = "begin"
        with m.State("begin"):  # it is whole, or it is not
            m.d.comb += self.waiting.eq(1)
            with m.If(self.begun):
                m.d.comb += self.next.eq(1)
                m.next = "rehearse"
            with m.If(self.broken):
                m.next = "end"
        with m.State("end"):
            with m.If(self.empty & self.idle):
                with m.If(self.left == 0):
                    m.d.comb += self.play.ready.eq(1)
                    m.next = "free"
                with m.Else():
                    m.d.comb += [self.extra.valid.eq(1), self.extra.payload.kind.eq(Mux(play.told, Kind.MISSING, Kind.ENDED))]
                    with m.If(self.extra.ready):
                        m.d.sync += self.left.eq(Mux(play.told, self.left - 1, 0))

    def _rehearse(self, m: Module) -> None:
        """States between one new sample and the next."""
        draw, record = self.draws.payload, self.fetch.payload
        slot = Cat(~draw.record, C(-1, SLOT_BITS - RECORD_BITS))
        with m.State("rehearse"):
            m.d.comb += [
                record.slot.eq(slot),
                record.note.kind.eq(Kind.HIDDEN),
                record.note.train.eq(1),
                self.fetch.valid.eq(self.draws.valid & ~draw.last & ~self.broken),
                self.draws.ready.eq(Mux(draw.last, ~draw.keeps, self.fetch.ready) | self.broken),
            ]
            with m.If(self.draws.valid & draw.last):
                m.next = "keep"
                with m.If(~draw.keeps | self.broken):
                    m.next = "settle"
        with m.State("keep"):
            m.d.comb += [
                self.store.payload.eq(slot),
                self.store.valid.eq(self.kept),
                self.draws.ready.eq(self.store.ready),
            ]
            with m.If(self.store.ready):
                m.next = "settle"
        with m.State("settle"):  # the draws are ready for the next sample; a live one waits until those rehearsed have gone
            with m.If(self.playing):
                m.next = "play"
            with m.Elif(self.empty & self.idle):
                m.next = "free"
