"""Whose a sample is, from the moment the engine gets it until its prediction comes back."""

from enum import IntEnum

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.queue import Queue

MOST_SAMPLES = 32
"""More than the engine holds at a time."""


class Kind(IntEnum):
    """What becomes of a prediction, or of a record."""

    TOLD = 0  # goes back over the link
    COUNTED = 1  # of PLAY: is counted, and whether it is right
    HIDDEN = 2  # of a rehearsed record: is told to nobody
    RECALLED = 3  # the record goes back over the link, and not to the engine


TAG_LAYOUT = data.StructLayout({"kind": 2, "label": 16})


class SampleTags(wiring.Component):
    """Sorts the predictions of the engine, which come in the order of its samples.

    Members
    -------
    given : a tag for each sample, when the engine takes it
    prediction : the engine's
    told : those for the link
    clear : one cycle: `played` and `correct` begin anew
    played, correct : samples of PLAY that are done, and those of them whose class was predicted, modulo 2³²
    empty : every sample that was given is done, and what was to be told has been
    """

    given: In(stream.Signature(TAG_LAYOUT))
    prediction: In(stream.Signature(16))
    told: Out(stream.Signature(16))
    clear: In(1)
    played: Out(32)
    correct: Out(32)
    empty: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = Queue(width=TAG_LAYOUT.size, room=MOST_SAMPLES)
        inside = Signal(range(2 * MOST_SAMPLES))
        tag = data.View(TAG_LAYOUT, queue.popped.payload)
        prediction = self.prediction
        done = Signal()
        m.d.comb += [
            queue.pushed.payload.eq(self.given.payload.as_value()),
            queue.pushed.valid.eq(self.given.valid),
            self.given.ready.eq(queue.pushed.ready),
            self.told.payload.eq(prediction.payload),
            self.told.valid.eq(prediction.valid & queue.popped.valid & (tag.kind == Kind.TOLD)),
            prediction.ready.eq(queue.popped.valid & (self.told.ready | (tag.kind != Kind.TOLD))),
            done.eq(prediction.valid & prediction.ready),
            queue.popped.ready.eq(done),
            self.empty.eq(inside == 0),
        ]
        m.d.sync += inside.eq(inside + (self.given.valid & self.given.ready) - done)
        with m.If(self.clear):
            m.d.sync += [self.played.eq(0), self.correct.eq(0)]
        with m.Elif(done & (tag.kind == Kind.COUNTED)):
            m.d.sync += [self.played.eq(self.played + 1), self.correct.eq(self.correct + (tag.label == prediction.payload))]
        return m
