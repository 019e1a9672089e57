"""What the arguments of a request tell: whether they fit the network, and the length their number."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.layouts import NETWORK_LAYOUT
from hw.link.header_check import ARGUMENTS, REASON_BITS
from hw.link.tokens import HEADER
from sw.contract.frames import Command, Reason
from sw.contract.geometry import Geometry


class ArgumentCheck(Component):
    """Decides by arguments and network, before anything is changed.

    10 cycles: the right length of TRAIN and INFER takes a multiplication, done bit by bit.

    Members
    -------
    header : the request's
    arguments : the arguments, the last one in the highest bits
    network : its registers
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    image_bytes : of the network
    """

    header: In(HEADER)
    arguments: In(8 * ARGUMENTS)
    network: In(NETWORK_LAYOUT)
    start: In(1)
    done: Out(1)
    reason: Out(REASON_BITS)
    image_bytes: Out(14)

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, arguments, network = self.header.type, self.arguments, self.network
        m.d.sync += self.image_bytes.eq((network.inputs + 7) >> 3)

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

        row_wrong = {Command.WRITE: arguments[-16:] >= network.rows, Command.READ: arguments[-32:-16] >= network.rows}
        count_wrong = {
            Command.WRITE: self.header.length - 2 > self.geometry.columns,
            Command.READ: arguments[-16:] > self.geometry.columns,
        }
        with m.If(finished):
            m.d.sync += self.reason.eq(0)
            with m.Switch(kind):
                with m.Case(Command.TABLE):
                    with m.If(arguments[-8:] >= network.layers):
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
