"""Whose a sample is, from the moment the engine gets it until its prediction comes back."""

from enum import IntEnum

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from hw.queue import Queue
from hw.register_slice import RegisterSlice
from sw.contract.sample_memory import NOT_PLAYED

MOST_SAMPLES = 32
"""More than the engine holds at a time."""


class Kind(IntEnum):
    """What becomes of a prediction, or of a record; the last two are tags without a sample."""

    TOLD = 0  # goes back over the link
    COUNTED = 1  # of PLAY: is counted, and whether it is right
    HIDDEN = 2  # of a rehearsed record: is told to nobody
    RECALLED = 3  # the record goes back over the link, and not to the engine
    MISSING = 4  # was to be told, and was not played
    ENDED = 5  # a stretch of PLAY has ended before its last record


TAG_LAYOUT = data.StructLayout({"kind": 3, "label": 16, "last": 1})
"""`last`: of a stretch of PLAY."""


class SampleTags(wiring.Component):
    """Sorts the predictions of the engine, which come in the order of its samples.

    Members
    -------
    given : a tag for each sample, when the engine takes it
    prediction : the engine's
    told : those for the link
    over : the last record of a stretch of PLAY is done, and its prediction is kept back, so that the engine counts no further
        one; until `release`, one cycle
    clear : one cycle: `played` and `correct` begin anew
    played, correct : samples of PLAY that are done, and those of them whose class was predicted, modulo 2³²
    empty : every sample that was given is done, and what was to be told has been
    """

    given: In(stream.Signature(TAG_LAYOUT))
    prediction: In(stream.Signature(16))
    told: Out(stream.Signature(16))
    over: Out(1)
    release: In(1)
    clear: In(1)
    played: Out(32)
    correct: Out(32)
    empty: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = Queue(width=TAG_LAYOUT.size, room=MOST_SAMPLES)
        m.submodules.new_tag = new_tag = RegisterSlice(shape=TAG_LAYOUT.size)
        connect(m, new_tag.popped, queue.pushed)
        inside = Signal(range(2 * MOST_SAMPLES))
        came = Signal()  # a tag, a cycle ago
        went = Signal()
        tag = data.View(TAG_LAYOUT, queue.popped.payload)
        prediction = self.prediction
        done = Signal()
        new = Signal(init=1)  # the prediction has just come
        tells = (tag.kind == Kind.TOLD) | (tag.kind == Kind.MISSING)
        waits = (tag.kind == Kind.ENDED) | ((tag.kind == Kind.COUNTED) & tag.last)
        own = (tag.kind != Kind.ENDED) & (tag.kind != Kind.MISSING)  # it has a prediction
        come = queue.popped.valid & (prediction.valid | ~own)
        m.d.comb += [
            new_tag.pushed.payload.eq(self.given.payload.as_value()),
            new_tag.pushed.valid.eq(self.given.valid),
            self.given.ready.eq(new_tag.pushed.ready),
            self.told.payload.eq(Mux(own, prediction.payload, NOT_PLAYED)),
            self.told.valid.eq(come & tells),
            self.over.eq(come & waits),
            done.eq(come & Mux(tells, self.told.ready, ~waits | self.release)),
            prediction.ready.eq(done & own),
            queue.popped.ready.eq(done),
            self.empty.eq((inside == 0) & ~came),
        ]
        m.d.sync += new.eq(~come | done)
        m.d.sync += [came.eq(self.given.valid & self.given.ready), went.eq(done), inside.eq(inside + came - went)]
        with m.If(self.clear):
            m.d.sync += [self.played.eq(0), self.correct.eq(0)]
        with m.Elif(come & new & (tag.kind == Kind.COUNTED)):
            m.d.sync += [self.played.eq(self.played + 1), self.correct.eq(self.correct + (tag.label == prediction.payload))]
        return m
