"""The reply to everything but TRAIN and INFER."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.arguments import COMMANDS, CommandSet
from hw.link.frame_layouts import REPLY_HEADER
from hw.link.header_check import REASON_BITS
from sw.contract.commands import Command
from sw.contract.frames import ERROR, REPLY

REFUSAL_BYTES = 2  # reason, command


class Answer(Component):
    """Header and payload of one reply: a refusal, a report, a row, or nothing but the header.

    Parameters
    ----------
    commands : those that there are

    Members
    -------
    kind, sequence : of the request that is answered
    reason : why it is refused, or 0
    report : what the board tells of itself
    count, row : the answer to READ: so many bytes of the row
    record_bytes, record : the answer to RECALL, of a board that knows it
    send : held until `header` is taken; all of the above hold still meanwhile
    header, payload : for the transmitter
    """

    kind: In(8)
    sequence: In(16)
    reason: In(REASON_BITS)
    report: In(stream.Signature(8))
    count: In(16)
    row: In(stream.Signature(8))
    record_bytes: In(16)
    record: In(stream.Signature(8))
    send: In(1)
    header: Out(stream.Signature(REPLY_HEADER))
    payload: Out(stream.Signature(8))

    def __init__(self, commands: CommandSet = COMMANDS) -> None:
        self.commands = commands
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        header, kind = self.header.payload, self.kind
        m.d.comb += [
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
        if Command.RECALL in self.commands:
            with m.Elif(kind == Command.RECALL):
                m.d.comb += header.length.eq(self.record_bytes)
                connect(m, flipped(self.record), flipped(self.payload))
        with m.Else():
            with m.Switch(kind):
                for command in self.commands:
                    if command.spec.reply_length:
                        with m.Case(command):
                            m.d.comb += header.length.eq(command.spec.reply_length)
            connect(m, flipped(self.report), flipped(self.payload))
        with m.If(~self.send):
            m.d.sync += command_next.eq(0)
        with m.Elif(self.payload.valid & self.payload.ready):
            m.d.sync += command_next.eq(1)
        return m
