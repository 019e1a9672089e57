"""What the arguments of a request tell: whether they fit the network, and the length their number."""

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.array.update import is_less
from hw.complement import exceeds, reaches
from hw.layouts import network_layout
from hw.link.header_check import ARGUMENTS, REASON_BITS
from sw.contract.frames import Command, Reason
from sw.contract.geometry import Geometry, bits_for


class ArgumentCheck(Component):
    """Decides by arguments and network, before anything is changed.

    10 cycles: the right length of TRAIN and INFER takes a multiplication, done bit by bit.

    Members
    -------
    kind : the request's type
    left : bytes of its payload behind the arguments
    arguments : the arguments, the last one in the highest bits
    row, columns : of a WRITE or a READ, as `hw.link.orders` chooses them
    network : its registers
    repeated : the request has been carried out before
    fits, kept : what `hw.link.sample_lock` says of a TRAIN
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "kind": In(8),
                "left": In(16),
                "arguments": In(8 * ARGUMENTS),
                "row": In(16),
                "columns": In(16),
                "network": In(network_layout(geometry)),
                "repeated": In(1),
                "fits": In(1),
                "kept": In(1),
                "start": In(1),
                "done": Out(1),
                "reason": Out(REASON_BITS),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, arguments, network = self.kind, self.arguments, self.network
        # count · bytes of a sample, from the highest bit of count down
        step, running = Signal(range(8), init=7), Signal()
        of_sample = Signal(bits_for((self.geometry.columns - 1) // 8 + 3))
        product = Signal(len(of_sample) + 8)
        count = arguments[-8:]
        m.d.sync += of_sample.eq((network.last_pixel >> 3) + Mux(kind == Command.TRAIN, 3, 1))  # an image, and a label of two
        finished = Signal()
        m.d.sync += [finished.eq(running & (step == 0)), self.done.eq(finished)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), step.eq(7), product.eq(0)]
        with m.If(running):
            addend = Mux(count.bit_select(step, 1), of_sample, 0)
            m.d.sync += [product.eq((product << 1) + addend), step.eq(step - 1)]
            with m.If(step == 0):
                m.d.sync += running.eq(0)

        # The row is chosen by a multiplexer, which inverts for nothing: it is the row that is subtracted (`hw.complement`).
        rows = network.rows
        beyond_rows = self.row[len(rows) :].any() | ~exceeds(rows, ~self.row[: len(rows)])
        beyond_columns = is_less(C(self.geometry.columns, 16), self.columns, equal=C(0))
        with m.If(finished):
            m.d.sync += self.reason.eq(0)
            with m.Switch(kind):
                with m.Case(Command.TABLE):
                    with m.If(reaches(arguments[-8:], ~network.layers)):
                        m.d.sync += self.reason.eq(Reason.RANGE)
                with m.Case(Command.WRITE, Command.READ):
                    with m.If(beyond_rows | beyond_columns):
                        m.d.sync += self.reason.eq(Reason.RANGE)
                with m.Case(Command.STATE):
                    with m.If((self.left != 0) & (arguments == 0)):
                        m.d.sync += self.reason.eq(Reason.RANGE)
                with m.Case(Command.TRAIN, Command.INFER):
                    with m.If(self.left != product):
                        m.d.sync += self.reason.eq(Reason.LENGTH)
                    with m.Elif((kind == Command.TRAIN) & ~Mux(self.repeated, self.kept, self.fits)):
                        m.d.sync += self.reason.eq(Reason.SAMPLE)
        return m
