"""What the header of a request tells: whether it can be carried out, and how many arguments it has."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.link.tokens import HEADER
from sw.contract import frames
from sw.contract.frames import Command, Reason
from sw.contract.registers import CONFIGURATION_BYTES

REASON_BITS = 4
ARGUMENT_BYTES = {
    Command.TABLE: 1,
    Command.WRITE: 2,
    Command.READ: 4,
    Command.TRAIN: 1,
    Command.INFER: 1,
    Command.STATE: 4,  # the random word, if there is anything
}
"""Bytes at the front of a payload that have to be known before anything is changed."""
ARGUMENTS = max(ARGUMENT_BYTES.values())

LENGTHS = {
    Command.HELLO: 0,
    Command.CONFIGURE: CONFIGURATION_BYTES,
    Command.TABLE: 1 + frames.TABLE_BYTES,
    Command.READ: 4,
    Command.COUNTERS: 0,
    Command.RESET: 0,
}
NEEDS_NETWORK = (Command.TABLE, Command.WRITE, Command.READ, Command.TRAIN, Command.INFER)


def is_one_of(value, *commands: Command):
    """Whether the type of a frame is one of `commands`."""
    return value.matches(*(int(command) for command in commands))


class HeaderCheck(Component):
    """Decides by the header alone. Combinational.

    Members
    -------
    header : the request's
    nonce, known : the board's nonce, and whether it has told it
    configured : a network is there
    reason : why the request is refused, or 0
    arguments : how many bytes of the payload are arguments
    """

    header: In(HEADER)
    nonce: In(32)
    known: In(1)
    configured: In(1)
    reason: Out(REASON_BITS)
    arguments: Out(range(ARGUMENTS + 1))

    def elaborate(self, platform) -> Module:
        m = Module()
        header, kind = self.header, self.header.type
        right_length = Signal()
        with m.Switch(kind):
            for command, length in LENGTHS.items():
                with m.Case(command):
                    m.d.comb += right_length.eq(header.length == length)
            with m.Case(Command.STATE):
                m.d.comb += right_length.eq((header.length == 0) | (header.length == frames.STATE.size))
            with m.Default():
                m.d.comb += right_length.eq(header.length >= self.arguments)
        with m.Switch(kind):
            for command, count in ARGUMENT_BYTES.items():
                with m.Case(command):
                    m.d.comb += self.arguments.eq(count)
        with m.If((kind == Command.STATE) & (header.length == 0)):
            m.d.comb += self.arguments.eq(0)
        with m.If(header.version != frames.VERSION):
            m.d.comb += self.reason.eq(Reason.VERSION)
        with m.Elif(~is_one_of(kind, *Command)):
            m.d.comb += self.reason.eq(Reason.TYPE)
        with m.Elif((kind != Command.HELLO) & (~self.known | (header.nonce != self.nonce))):
            m.d.comb += self.reason.eq(Reason.NONCE)
        with m.Elif(~self.configured & is_one_of(kind, *NEEDS_NETWORK)):
            m.d.comb += self.reason.eq(Reason.UNCONFIGURED)
        with m.Elif(~right_length):
            m.d.comb += self.reason.eq(Reason.LENGTH)
        return m
