"""Answers TRAIN and INFER: predictions go into the reply as they come; those of TRAIN are kept, to be told again."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.counters import WALK
from hw.link.frame_layouts import REPLY_HEADER
from hw.memory import add_memory, read_word
from sw.contract.commands import Command
from sw.contract.frames import PROGRESS, REPLY, RING
from sw.contract.geometry import Geometry, bits_for
from sw.contract.sample_memory import PLAYED

JOB = data.StructLayout({"train": 1, "recites": 1, "plays": 1, "repeated": 1, "sequence": 16, "count": 8, "place": range(RING)})
"""A reply that is due: to TRAIN or to INFER, to RECITE, which may be either, to PLAY, which has no predictions; whether all of
it has been told before, its sequence number, the number of predictions, and where the first one is kept of those trained on."""
SETTLING = WALK + 2


class PredictionReplies(Component):
    """Works independently of whoever feeds the samples, so that neither waits for the other.

    Two replies can be due: the samples of the second request go to the engine while the last ones of the first are
    computed, and between two requests the engine misses nothing.

    The prediction of sample n stays at place n modulo `RING` of a memory, of words that hold any class. A reply to TRAIN ends
    with how far the board is: the engine's last prediction is not taken before it is told, so that the engine counts no further
    sample meanwhile.

    Members
    -------
    jobs : replies to come, in order. One that gives the engine nothing to do (repeated, or without samples) comes when it is
        at rest, and stays alone
    prediction : the engine's, in the order of the samples
    over, release : the last record of a PLAY is done, and waits; its reply has been given, one cycle
    tells : the reply has come to its end, and all that has happened is counted: `progress` may begin
    progress : its bytes
    header, payload : the reply, for the transmitter, which asks for exactly as many bytes as the header says
    busy : a reply is due
    """

    jobs: In(stream.Signature(JOB))
    prediction: In(stream.Signature(16))
    over: In(1)
    release: Out(1)
    tells: Out(1)
    progress: In(stream.Signature(8))
    header: Out(stream.Signature(REPLY_HEADER))
    payload: Out(stream.Signature(8))
    busy: Out(1)

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        current, following = (Signal(JOB, name=name, reset_less=True) for name in ("current", "following"))
        active, waiting = Signal(), Signal()
        header = self.header.payload
        with_progress = current.train | current.recites
        m.d.comb += [
            self.jobs.ready.eq(~waiting),
            self.busy.eq(active | waiting),
            self.header.valid.eq(active),
            header.type.eq(REPLY | self._command(current)),
            header.sequence.eq(current.sequence),
            header.length.eq(
                Mux(current.plays, PLAYED.size, (current.count << 1) + Mux(with_progress, PROGRESS.size, 0)),
            ),
            self.release.eq(self.header.ready & active & current.plays & ~current.repeated),
        ]
        with m.If(self.jobs.valid & self.jobs.ready):
            m.d.sync += [following.eq(self.jobs.payload), waiting.eq(1)]
        with m.If(self.header.ready & active):
            m.d.sync += active.eq(0)
        with m.Elif(waiting & ~active):
            m.d.sync += [current.eq(following), active.eq(1), waiting.eq(0)]

        ring = add_memory(m, "ring", shape=bits_for(self.geometry.rows - 1), depth=RING)
        write = ring.write_port()
        kept = Signal(len(write.data))  # a register behind that of the memory: from there on the way to the transmitter is long
        m.d.sync += kept.eq(read_word(m, ring, address=current.place))
        sent, word, high = Signal(8), Signal(16), Signal()
        told = sent == current.count
        passed = Signal()  # a prediction has gone into the reply
        read, looked_up = Signal(), Signal()
        held, release = Signal(), Signal()  # the engine's last prediction; released a cycle after the reply
        m.d.comb += [
            write.addr.eq(current.place),
            write.data.eq(self.prediction.payload),
            # Also while it waits for the transmitter, which is far away: what lay there is out of the window by now.
            write.en.eq(active & current.train & ~current.repeated & self.prediction.valid & ~told),
            word.eq(Mux(current.repeated, kept, self.prediction.payload)),
            passed.eq(self.payload.valid & self.payload.ready & high & ~told),
            self.prediction.ready.eq(release | (passed & ~current.repeated)),
        ]
        m.d.sync += [read.eq(active & ~passed), looked_up.eq(active & ~passed & read), release.eq(held & self.header.ready)]
        with m.If(passed):
            m.d.sync += [current.place.eq(current.place + 1), sent.eq(sent + 1)]
            with m.If(with_progress & ~current.repeated & (sent + 1 == current.count)):
                m.d.comb += self.prediction.ready.eq(0)
                m.d.sync += held.eq(1)
        settling = Signal(range(SETTLING + 1))
        with m.If(~told):
            m.d.comb += [
                self.payload.valid.eq(active & Mux(current.repeated, looked_up, self.prediction.valid)),
                self.payload.payload.eq(word.word_select(high, 8)),
            ]
            with m.If(self.payload.valid & self.payload.ready):
                m.d.sync += high.eq(~high)
            m.d.sync += settling.eq(SETTLING)
        with m.Else():
            m.d.sync += self.tells.eq(active & (with_progress | current.plays) & (settling == 0))
            with m.If(active & (settling != 0) & (~current.plays | current.repeated | self.over)):
                m.d.sync += settling.eq(settling - 1)
            with m.If(self.tells):
                connect(m, flipped(self.progress), flipped(self.payload))
        with m.If(~active | self.header.ready):
            m.d.sync += [sent.eq(0), held.eq(0), settling.eq(SETTLING), self.tells.eq(0)]
        return m

    @staticmethod
    def _command(job: data.View) -> Value:
        of_wire = Mux(job.train, Command.TRAIN, Command.INFER)
        return Mux(job.plays, Command.PLAY, Mux(job.recites, Command.RECITE, of_wire))
