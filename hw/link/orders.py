"""Carries out everything but TRAIN and INFER on an engine that is at rest."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import exact_log2

from hw.counters import WALK
from hw.engine_ports import ROW_LAYOUT, STATE_LAYOUT, TABLE_LAYOUT
from hw.link.arguments import COMMANDS, CommandSet, arguments_of, is_one_of, most_arguments
from hw.link.report import TOLD_BY_ENGINE
from sw.contract.commands import Command
from sw.contract.frames import TABLE_BYTES
from sw.contract.specification import CommandTable
from sw.contract.structure import Limit

SETTLING = WALK + 2


class Orders(Component):
    """One order at a time. Three cycles, and one for each byte that goes to the engine, as fast as that takes them.

    Before the state or the counters are told, as many cycles more as it takes until all that has happened is counted.

    Parameters
    ----------
    commands : those that there are

    Members
    -------
    kind, arguments : of the request (`hw.link.arguments`); hold still from `start` to `done`
    left, payload : the bytes after the arguments, and how many of them have not been taken
    repeated : the request has been carried out before: what changes the board is not done again
    start, done : one cycle each
    configuration, table, row, row_write, prng_write, state_write, reset : the engine's. The bytes that a read row
        gives, and what the engine says of itself, are the answer's business
    hello : one cycle: a host says HELLO
    """

    def __init__(self, commands: CommandSet = COMMANDS) -> None:
        self.commands = commands
        super().__init__(
            {
                "kind": In(8),
                "arguments": In(8 * most_arguments(commands)),
                "left": In(16),
                "repeated": In(1),
                "payload": In(stream.Signature(8)),
                "start": In(1),
                "done": Out(1),
                "configuration": Out(stream.Signature(8)),
                "table": Out(stream.Signature(TABLE_LAYOUT)),
                "row": Out(stream.Signature(ROW_LAYOUT)),
                "row_write": Out(stream.Signature(8)),
                "prng_write": Out(stream.Signature(32)),
                "state_write": Out(stream.Signature(STATE_LAYOUT)),
                "reset": Out(1),
                "hello": Out(1),
            }
        )

    def targets(self) -> dict[CommandTable, Any]:
        """Where the bytes behind a command's arguments go: every command that has any is in here, but for the streams."""
        return {
            Command.CONFIGURE: self.configuration,
            Command.TABLE: self.table,
            Command.WRITE: self.row_write,
            Command.STATE: self.state_write,
        }

    def check_targets(self) -> None:
        """Refuses a command whose bytes nobody takes: its request would never end. Raises `TypeError`."""
        for command in self.commands:
            more = command.spec.length != command.spec.argument_bytes
            if more and not command.spec.streams and command not in self.targets():
                raise TypeError(f"{command.name} has bytes behind its arguments: say in Orders.targets where they go")

    def elaborate(self, platform) -> Module:
        self.check_targets()
        m = Module()
        kind, arguments, left, payload, row = self.kind, self.arguments, self.left, self.payload, self.row.payload
        # how many bytes have gone: all of a table, and of a state but its arguments, are left when the first one comes;
        # -left, by the one subtraction that counts the bytes (`hw.link.request`)
        gone = Signal(exact_log2(TABLE_BYTES))
        m.d.comb += [
            gone.eq(~(left - 1)),
            self.configuration.payload.eq(payload.payload),
            self.table.payload.address.eq(Cat(gone, arguments_of(Command.TABLE, arguments).table)),
            self.table.payload.value.eq(payload.payload),
            self.row_write.payload.eq(payload.payload),
            self.prng_write.payload.eq(arguments_of(Command.STATE, arguments).prng),
            self.state_write.payload.value.eq(payload.payload),
            self.state_write.payload.place.eq(gone),
            row.write.eq(kind == Command.WRITE),
            row.row.eq(arguments_of(Command.READ, arguments).row),
            row.count.eq(arguments_of(Command.READ, arguments).count),
        ]
        # `kind` and not `row.write`: simulators would have to wake a process by a part of what it writes itself
        for command in self.commands:
            if command != Command.READ and any(field.limit is Limit.ROW for field in command.spec.known):
                said = arguments_of(command, arguments)
                with m.If(kind == command):
                    m.d.comb += [row.row.eq(said.row), row.count.eq(left if command.spec.fills_row else said.count)]

        always = [command for command in self.commands if command.spec.changes and not command.spec.optional]
        if_given = [command for command in self.commands if command.spec.changes and command.spec.optional]
        wait = Signal(range(SETTLING + 1))
        m.d.sync += self.reset.eq(0)
        with m.FSM():
            with m.State("idle"):
                m.d.sync += wait.eq(SETTLING)
                with m.If(self.start):
                    m.next = "count"
            with m.State("count"):  # until the last events of what was before are in the counters
                m.d.sync += wait.eq(wait - 1)
                with m.If(~is_one_of(kind, TOLD_BY_ENGINE) | (wait == 0)):
                    m.next = "order"
            with m.State("order"):
                m.next = "bytes"
                with m.If(self.repeated & (is_one_of(kind, always) | (is_one_of(kind, if_given) & (left != 0)))):
                    m.d.comb += self.done.eq(1)
                    m.next = "idle"
                with m.Else(), m.Switch(kind):
                    with m.Case(Command.HELLO):
                        m.d.comb += self.hello.eq(1)
                    with m.Case(Command.RESET):
                        m.d.sync += self.reset.eq(1)  # from a register: it reaches every counter of the engine
                    with m.Case(Command.STATE):
                        with m.If(left != 0):
                            m.d.comb += self.prng_write.valid.eq(1)
                            with m.If(~self.prng_write.ready):
                                m.next = "order"
                    with m.Case(Command.WRITE, Command.READ):
                        with m.If(row.count != 0):
                            m.d.comb += self.row.valid.eq(1)
                            with m.If(~self.row.ready):
                                m.next = "order"
            with m.State("bytes"):
                with m.Switch(kind):
                    for command, target in self.targets().items():
                        with m.Case(command):
                            m.d.comb += [target.valid.eq(payload.valid), payload.ready.eq(target.ready)]
                with m.If(left == 0):
                    m.d.comb += self.done.eq(1)
                    m.next = "idle"
        return m
