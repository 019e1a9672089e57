"""What the header of a request tells: whether it can be carried out, and how many arguments it has."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from sw.contract import frames
from sw.contract.frames import Command, Reason
from sw.contract.registers import CONFIGURATION_BYTES

REASON_BITS = 4
ARGUMENT_BYTES = {
    Command.TABLE: 1,
    Command.WRITE: 2,
    Command.READ: 4,
    Command.TRAIN: frames.TRAIN.size,
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
    kind, length : the request's
    other_version, other_nonce : it is for another board, or for an earlier life of this one
    known : the board has told its nonce
    following, repeated : it is the next one, or one that has been carried out (`hw.link.session`)
    configured : a network is there
    reason : why the request is refused, or 0
    arguments : how many bytes of the payload are arguments
    """

    kind: In(8)
    length: In(16)
    other_version: In(1)
    other_nonce: In(1)
    known: In(1)
    following: In(1)
    repeated: In(1)
    configured: In(1)
    reason: Out(REASON_BITS)
    arguments: Out(range(ARGUMENTS + 1))

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, length = self.kind, self.length
        known_kind = is_one_of(kind, *Command)
        # From here on the lower bits tell: another type is refused before its length.
        kind = kind[: max(Command).bit_length()]
        exact, wanted = Signal(), Signal(max(LENGTHS.values()).bit_length())
        with m.Switch(kind):
            for command, bytes_ in LENGTHS.items():
                with m.Case(command):
                    m.d.comb += [exact.eq(1), wanted.eq(bytes_)]
            with m.Case(Command.STATE):
                m.d.comb += [exact.eq(1), wanted.eq(Mux(length == 0, 0, frames.STATE.size))]
        with m.Switch(kind):
            for command, count in ARGUMENT_BYTES.items():
                with m.Case(command):
                    m.d.comb += self.arguments.eq(count)
        with m.If((kind == Command.STATE) & (length == 0)):
            m.d.comb += self.arguments.eq(0)
        enough = length[len(self.arguments) :].any() | (length[: len(self.arguments)] >= self.arguments)
        with m.If(self.other_version):
            m.d.comb += self.reason.eq(Reason.VERSION)
        with m.Elif(~known_kind):
            m.d.comb += self.reason.eq(Reason.TYPE)
        with m.Elif((kind != Command.HELLO) & (~self.known | self.other_nonce)):
            m.d.comb += self.reason.eq(Reason.NONCE)
        with m.Elif((kind != Command.HELLO) & ~self.following & ~self.repeated):
            m.d.comb += self.reason.eq(Reason.GAP)
        with m.Elif(~self.configured & is_one_of(kind, *NEEDS_NETWORK)):
            m.d.comb += self.reason.eq(Reason.UNCONFIGURED)
        with m.Elif(Mux(exact, length != wanted, ~enough)):
            m.d.comb += self.reason.eq(Reason.LENGTH)
        return m
