"""What the arguments of a request tell: whether they fit the network, and the length their number."""

from functools import reduce
from operator import or_

from amaranth.hdl import C, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from hw.array.update import is_less
from hw.complement import exceeds, reaches
from hw.layouts import network_layout
from hw.link.arguments import COMMANDS, CommandSet, arguments_of, most_arguments
from hw.link.header_check import REASON_BITS
from sw.contract.commands import Command
from sw.contract.frames import Reason
from sw.contract.geometry import Geometry, bits_for
from sw.contract.structure import Limit


class ArgumentCheck(Component):
    """Decides by arguments and network, before anything is changed.

    10 cycles: the right length of TRAIN and INFER takes a multiplication, done bit by bit.

    Parameters
    ----------
    geometry : for the ranges of rows and columns
    commands : those that there are

    Members
    -------
    kind : the request's type
    left : bytes of its payload behind the arguments
    arguments : `hw.link.arguments`
    row, columns : of a WRITE or a READ, as `hw.link.orders` chooses them
    network : its registers
    repeated : the request has been carried out before
    fits, kept : what `hw.link.sample_lock` says of a TRAIN
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    """

    def __init__(self, geometry: Geometry, commands: CommandSet = COMMANDS) -> None:
        self.geometry, self.commands = geometry, commands
        super().__init__(
            {
                "kind": In(8),
                "left": In(16),
                "arguments": In(8 * most_arguments(commands)),
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
        streams = [command for command in self.commands if command.spec.is_stream]
        step, running = Signal(range(8), init=7), Signal()
        beside_image = max(command.spec.item_length(0) for command in streams)
        of_sample = Signal(bits_for((self.geometry.columns - 1) // 8 + 1 + beside_image))
        product = Signal(len(of_sample) + 8)
        count = arguments_of(Command.INFER, arguments).count  # the last argument of all that have samples
        beside = 1
        for command in streams:
            if command.spec.item_length(0):
                beside = Mux(kind == command, 1 + command.spec.item_length(0), beside)
        m.d.sync += of_sample.eq((network.last_pixel >> 3) + beside)
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
        outside = {
            Limit.LAYER: reaches(arguments_of(Command.TABLE, arguments).layer, ~network.layers),
            Limit.ROW: self.row[len(rows) :].any() | ~exceeds(rows, ~self.row[: len(rows)]),
            Limit.COLUMNS: is_less(C(self.geometry.columns, 16), self.columns, equal=C(0)),
            Limit.NOT_ZERO: (self.left != 0) & (arguments_of(Command.STATE, arguments).prng == 0),
        }
        not_next = (kind == Command.TRAIN) & ~Mux(self.repeated, self.kept, self.fits)

        with m.If(finished):
            m.d.sync += self.reason.eq(0)
            with m.Switch(kind):
                for samples, limits in dict.fromkeys((c.spec.is_stream, c.spec.limits) for c in self.commands):
                    refusals = [(self.left != product, Reason.LENGTH), (not_next, Reason.SAMPLE)] if samples else []
                    if limits:
                        refusals.append((reduce(or_, (outside[limit] for limit in limits)), Reason.RANGE))
                    if refusals:
                        with m.Case(*(c for c in self.commands if (c.spec.is_stream, c.spec.limits) == (samples, limits))):
                            self._refuse(m, refusals)
        return m

    def _refuse(self, m: Module, refusals: list[tuple[Value, Reason]]) -> None:
        """For the first of the reasons that there is."""
        for i, (condition, reason) in enumerate(refusals):
            with m.Elif(condition) if i else m.If(condition):
                m.d.sync += self.reason.eq(reason)
