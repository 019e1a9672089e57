"""The reply to everything but TRAIN and INFER."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.engine_signature import REPORT_ADDRESS_BITS
from hw.link.header_check import REASON_BITS
from hw.link.report import LENGTHS, Report
from hw.link.tokens import REPLY_HEADER
from sw.contract import frames
from sw.contract.frames import ERROR, REPLY, Command

REFUSAL_BYTES = 2  # reason, command


class Answer(Component):
    """Header and payload of one reply: a refusal, a report, a row, or nothing but the header.

    Parameters
    ----------
    hello : what HELLO tells, without the nonce

    Members
    -------
    kind, sequence : of the request that is answered
    reason : why it is refused, or 0
    nonce : the board's
    report_read, report_address, report_word : the engine's report
    count, row : the answer to READ: so many bytes of the row
    send : held until `header` is taken; all of the above hold still meanwhile
    header, payload : for the transmitter
    """

    kind: In(8)
    sequence: In(16)
    reason: In(REASON_BITS)
    nonce: In(32)
    report_read: Out(1)
    report_address: Out(REPORT_ADDRESS_BITS)
    report_word: In(16)
    count: In(16)
    row: In(stream.Signature(8))
    send: In(1)
    header: Out(stream.Signature(REPLY_HEADER))
    payload: Out(stream.Signature(8))

    def __init__(self, hello: frames.Hello) -> None:
        self.hello = hello
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.report = report = Report(self.hello)
        header, kind = self.header.payload, self.kind
        m.d.comb += [
            report.kind.eq(kind),
            report.nonce.eq(self.nonce),
            self.report_read.eq(report.read),
            self.report_address.eq(report.address),
            report.word.eq(self.report_word),
            report.start.eq(~self.send | (self.reason != 0)),
            self.header.valid.eq(self.send),
            header.type.eq(kind | REPLY),
            header.sequence.eq(self.sequence),
        ]
        command_next = Signal()
        with m.If(self.reason != 0):
            m.d.comb += [header.type.eq(ERROR), header.length.eq(REFUSAL_BYTES), self.payload.valid.eq(1)]
            m.d.comb += self.payload.payload.eq(self.reason)
            with m.If(command_next):
                m.d.comb += self.payload.payload.eq(kind)
        with m.Elif(kind == Command.READ):
            m.d.comb += header.length.eq(self.count)
            connect(m, flipped(self.row), flipped(self.payload))
        with m.Else():
            with m.Switch(kind):
                for command, length in LENGTHS.items():
                    with m.Case(command):
                        m.d.comb += header.length.eq(length)
            connect(m, report.bytes, flipped(self.payload))
        with m.If(~self.send):
            m.d.sync += command_next.eq(0)
        with m.Elif(self.payload.valid & self.payload.ready):
            m.d.sync += command_next.eq(1)
        return m
