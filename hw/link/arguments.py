"""The commands that a board knows, as the gateware asks for them: which one a type is, its arguments."""

from collections.abc import Iterable, Sequence

from amaranth.hdl import Value
from amaranth.lib import data

from hw.layouts import wire_layout
from sw.contract.commands import Command
from sw.contract.specification import CommandTable

CommandSet = Sequence[CommandTable]
COMMANDS: CommandSet = tuple(command for command in Command if not command.spec.needs_memory)
MEMORY_COMMANDS: CommandSet = tuple(command for command in Command if command.spec.needs_memory)
"""What a board with a sample memory knows beside them."""


def is_one_of(kind: Value, commands: Iterable[CommandTable]) -> Value:
    """Whether the type of a frame is one of `commands`."""
    return kind.matches(*(int(command) for command in commands))


def most_arguments(commands: CommandSet) -> int:
    """Bytes of the arguments of the command that has most."""
    return max(command.spec.argument_bytes for command in commands)


def arguments_of(command: CommandTable, arguments: Value) -> data.View:
    """The arguments of a command by their names; the last one is in the highest bits of `arguments`, as the bytes came."""
    layout = wire_layout(command.spec.known)
    return data.View(layout, arguments[len(arguments) - layout.size :])
