"""Decides whether a request is carried out, before anything is changed."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.layouts import CONFIGURATION_LAYOUT
from hw.link.tokens import HEADER
from sw.contract import frames
from sw.contract.frames import Command, Reason
from sw.contract.geometry import Geometry
from sw.contract.registers import CONFIGURATION_BYTES

REASON_BITS = 4
ARGUMENT_BYTES = {Command.TABLE: 1, Command.WRITE: 2, Command.READ: 4, Command.TRAIN: 1, Command.INFER: 1}
"""Bytes at the front of a payload that say what the rest is about; all of STATE's are arguments."""
ARGUMENTS = frames.STATE.size

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
    """What the header alone tells. Combinational.

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
            with m.Case(Command.STATE):
                m.d.comb += self.arguments.eq(header.length)
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


class ArgumentCheck(Component):
    """What the arguments tell. 9 cycles: the right length of TRAIN and INFER takes a multiplication, done bit by bit.

    Members
    -------
    header : the request's
    arguments : the arguments, the last one in the highest bits
    registers : the network
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    image_bytes, classes, rows : of the network
    """

    header: In(HEADER)
    arguments: In(8 * ARGUMENTS)
    registers: In(CONFIGURATION_LAYOUT)
    start: In(1)
    done: Out(1)
    reason: Out(REASON_BITS)
    image_bytes: Out(14)
    classes: Out(16)

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, arguments, registers = self.header.type, self.arguments, self.registers
        layers = registers.layer
        with m.Switch(registers.layers):
            for i in range(1, len(layers)):
                with m.Case(i):
                    m.d.comb += self.classes.eq(layers[i - 1].neurons)
            with m.Default():
                m.d.comb += self.classes.eq(layers[len(layers) - 1].neurons)
        rows = Signal(18)
        m.d.sync += rows.eq(sum(layer.neurons for layer in layers))
        m.d.sync += self.image_bytes.eq((registers.inputs + 7) >> 3)

        # count · bytes of a sample, from the highest bit of count down
        step, running = Signal(range(8), init=7), Signal()
        product, of_sample = Signal(22), Signal(14)
        count = arguments[-8:]
        m.d.sync += of_sample.eq(self.image_bytes + 2 * (kind == Command.TRAIN))
        finished = Signal()
        m.d.sync += [finished.eq(running & (step == 0)), self.done.eq(finished)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), step.eq(7), product.eq(0)]
        with m.If(running):
            m.d.sync += [product.eq((product << 1) + (count.bit_select(step, 1).replicate(14) & of_sample)), step.eq(step - 1)]
            with m.If(step == 0):
                m.d.sync += running.eq(0)

        row_wrong = {Command.WRITE: arguments[-16:] >= rows, Command.READ: arguments[-32:-16] >= rows}
        count_wrong = {
            Command.WRITE: self.header.length - 2 > self.geometry.columns,
            Command.READ: arguments[-16:] > self.geometry.columns,
        }
        with m.If(finished):
            m.d.sync += self.reason.eq(0)
            with m.Switch(kind):
                with m.Case(Command.TABLE):
                    with m.If(arguments[-8:] >= registers.layers):
                        m.d.sync += self.reason.eq(Reason.RANGE)
                for command in (Command.WRITE, Command.READ):
                    with m.Case(command):
                        with m.If(row_wrong[command] | count_wrong[command]):
                            m.d.sync += self.reason.eq(Reason.RANGE)
                with m.Case(Command.STATE):
                    with m.If((self.header.length != 0) & (arguments[:32] == 0)):
                        m.d.sync += self.reason.eq(Reason.RANGE)
                with m.Case(Command.TRAIN, Command.INFER):
                    with m.If(self.header.length != product + 1):
                        m.d.sync += self.reason.eq(Reason.LENGTH)
        return m
