"""What the header of a request tells: whether it can be carried out, and how many arguments it has."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.link.arguments import COMMANDS, CommandSet, is_one_of, most_arguments
from sw.contract.frames import Reason

REASON_BITS = 4


class HeaderCheck(Component):
    """Decides by the header alone. Combinational.

    Parameters
    ----------
    commands : those that there are

    Members
    -------
    kind, length : the request's
    other_version, other_nonce : it is for another board, or for an earlier life of this one
    known : the board has told its nonce
    following, repeated : it is the next one, or one that has been carried out (`hw.link.session`)
    configured : a network is there
    absent : a board that could have a sample memory has found none: it does not know what needs one
    reason : why the request is refused, or 0
    arguments : how many bytes of the payload are arguments
    """

    def __init__(self, commands: CommandSet = COMMANDS) -> None:
        self.commands = commands
        super().__init__(
            {
                "kind": In(8),
                "length": In(16),
                "other_version": In(1),
                "other_nonce": In(1),
                "known": In(1),
                "following": In(1),
                "repeated": In(1),
                "configured": In(1),
                "absent": In(1),
                "reason": Out(REASON_BITS),
                "arguments": Out(range(most_arguments(commands) + 1)),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, length = self.kind, self.length
        known_kind = is_one_of(kind, self.commands)
        with_memory = [command for command in self.commands if command.spec.needs_memory]
        if with_memory:
            known_kind &= ~(self.absent & is_one_of(kind, with_memory))
        # From here on the lower bits tell: another type is refused before its length.
        kind = kind[: max(self.commands).bit_length()]
        fixed = {command: command.spec.length for command in self.commands if command.spec.length is not None}
        exact, wanted = Signal(), Signal(max(fixed.values()).bit_length())
        with m.Switch(kind):
            for command, bytes_ in fixed.items():
                with m.Case(command):
                    m.d.comb += [exact.eq(1), wanted.eq(Mux(length == 0, 0, bytes_) if command.spec.optional else bytes_)]
        with m.Switch(kind):
            for command in self.commands:
                if command.spec.argument_bytes:
                    with m.Case(command):
                        m.d.comb += self.arguments.eq(command.spec.argument_bytes)
        with m.If(is_one_of(kind, (c for c in self.commands if c.spec.optional)) & (length == 0)):
            m.d.comb += self.arguments.eq(0)
        enough = length[len(self.arguments) :].any() | (length[: len(self.arguments)] >= self.arguments)
        in_session = ~is_one_of(kind, (c for c in self.commands if not c.spec.in_session))
        with m.If(self.other_version):
            m.d.comb += self.reason.eq(Reason.VERSION)
        with m.Elif(~known_kind):
            m.d.comb += self.reason.eq(Reason.TYPE)
        with m.Elif(in_session & (~self.known | self.other_nonce)):
            m.d.comb += self.reason.eq(Reason.NONCE)
        with m.Elif(in_session & ~self.following & ~self.repeated):
            m.d.comb += self.reason.eq(Reason.GAP)
        with m.Elif(~self.configured & is_one_of(kind, (c for c in self.commands if c.spec.needs_network))):
            m.d.comb += self.reason.eq(Reason.UNCONFIGURED)
        with m.Elif(Mux(exact, length != wanted, ~enough)):
            m.d.comb += self.reason.eq(Reason.LENGTH)
        return m
