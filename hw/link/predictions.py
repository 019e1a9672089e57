"""Answers TRAIN and INFER: predictions go into the reply as they come."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out

from hw.link.tokens import REPLY_HEADER
from sw.contract.frames import REPLY, Command

JOB = data.StructLayout({"train": 1, "sequence": 16, "count": 8})
"""A reply that is due: whether it is one to TRAIN, its sequence number, the number of predictions."""


class PredictionReplies(Component):
    """Works independently of whoever feeds the samples, so that neither waits for the other.

    Two replies can be due: the samples of the second request go to the engine while the last ones of the first are
    computed, and between two requests the engine misses nothing.

    Members
    -------
    jobs : replies to come, in order
    prediction : the engine's, in the order of the samples
    header, payload : the reply, for the transmitter, which asks for exactly 2 · count bytes
    busy : a reply is due
    """

    jobs: In(stream.Signature(JOB))
    prediction: In(stream.Signature(16))
    header: Out(stream.Signature(REPLY_HEADER))
    payload: Out(stream.Signature(8))
    busy: Out(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        current, following = Signal(JOB), Signal(JOB)
        active, waiting = Signal(), Signal()
        header = self.header.payload
        m.d.comb += [
            self.jobs.ready.eq(~waiting),
            self.busy.eq(active | waiting),
            self.header.valid.eq(active),
            header.type.eq(REPLY | Command.INFER),
            header.sequence.eq(current.sequence),
            header.length.eq(current.count << 1),
        ]
        with m.If(current.train):
            m.d.comb += header.type.eq(REPLY | Command.TRAIN)
        with m.If(self.jobs.valid & self.jobs.ready):
            m.d.sync += [following.eq(self.jobs.payload), waiting.eq(1)]
        with m.If(self.header.ready & active):
            m.d.sync += active.eq(0)
        with m.Elif(waiting & ~active):
            m.d.sync += [current.eq(following), active.eq(1), waiting.eq(0)]

        high = Signal()
        m.d.comb += [
            self.payload.valid.eq(self.prediction.valid & active),
            self.payload.payload.eq(self.prediction.payload.word_select(high, 8)),
            self.prediction.ready.eq(self.payload.ready & active & high),
        ]
        with m.If(self.payload.valid & self.payload.ready):
            m.d.sync += high.eq(~high)
        return m
