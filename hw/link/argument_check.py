"""What the arguments of a request tell: whether they fit the network, and the length their number."""

from functools import reduce
from operator import or_

from amaranth.hdl import C, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from hw.array.update import is_less
from hw.complement import exceeds, reaches
from hw.layouts import network_layout
from hw.link.arguments import COMMANDS, CommandSet, arguments_of, most_arguments
from hw.link.decision import decide
from hw.link.header_check import REASON_BITS
from sw.contract.bounds_table import TABLE_ENTRIES
from sw.contract.commands import Command
from sw.contract.frames import Reason
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.specification import CommandTable
from sw.contract.structure import Limit


class ArgumentCheck(Component):
    """Decides by arguments and network, before anything is changed.

    11 cycles: the right length of what counts samples takes a multiplication, done bit by bit.

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
    damaged : a record of the sample memory was, and no State has been set since
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    """

    def __init__(self, geometry: Geometry, commands: CommandSet = COMMANDS) -> None:
        self.geometry, self.commands = geometry, commands
        self.bounds_tables = geometry.bounds_entries // TABLE_ENTRIES  # 1 or 2
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
                "damaged": In(1),
                "start": In(1),
                "done": Out(1),
                "reason": Out(REASON_BITS),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        kind, arguments, network = self.kind, self.arguments, self.network
        # count · bytes of a sample, from the highest bit of count down
        counting = [command for command in self.commands if command.spec.counts_samples]
        step, running = Signal(range(8), init=7), Signal()
        beside_image = max(command.spec.item_length(0) for command in counting)
        of_sample = Signal(bits_for((self.geometry.columns - 1) // 8 + 1 + beside_image))
        product = Signal(len(of_sample) + 8)
        count = arguments_of(Command.INFER, arguments).count  # the last argument of all that have samples
        beside = 1
        for command in counting:
            if command.spec.item_length(0):
                beside = Mux(kind == command, 1 + command.spec.item_length(0), beside)
        m.d.sync += of_sample.eq((network.last_pixel >> 3) + beside)
        finished = Signal()
        m.d.sync += finished.eq(running & (step == 0))
        with m.If(self.start):
            m.d.sync += [running.eq(1), step.eq(7), product.eq(0)]
        with m.If(running):
            addend = Mux(count.bit_select(step, 1), of_sample, 0)
            m.d.sync += [product.eq((product << 1) + addend), step.eq(step - 1)]
            with m.If(step == 0):
                m.d.sync += running.eq(0)

        refusals = {command: self._refusals(command, product) for command in self.commands}
        decides, conditions = decide(m, finished, kind=kind, refusals=refusals, done=self.done, reason=self.reason)
        return m

    def _refusals(self, command: CommandTable, product: Value) -> list[tuple[Value, Reason]]:
        """When a command is refused and why; the first of them counts. `product`: bytes of as many samples as it says."""
        spec, arguments = command.spec, arguments_of(command, self.arguments)
        refusals = []
        if spec.counts_samples:
            refusals.append((self.left != product, Reason.LENGTH))
        if command == Command.TRAIN:
            refusals.append((~self.repeated & self.damaged, Reason.DAMAGED))
            refusals.append((~Mux(self.repeated, self.kept, self.fits), Reason.SAMPLE))
        outside = [self._is_outside(field.limit, arguments[field.name]) for field in spec.known if field.limit]
        if spec.fills_row:
            outside.append(self._is_outside(Limit.COLUMNS, self.left))
        if outside:
            given = self.left != 0 if spec.optional else C(1)
            refusals.append((given & reduce(or_, outside), Reason.RANGE))
        return refusals

    def _is_outside(self, limit: Limit, value: Value) -> Value:
        """Whether an argument is not what it has to be; row and columns as `hw.link.orders` has chosen them."""
        rows = self.network.rows
        match limit:
            case Limit.TABLE:
                of_bounds = (value ^ MAX_LAYERS) >> (self.bounds_tables - 1) == 0
                return reaches(value, ~self.network.layers) & ~of_bounds
            case Limit.ROW:  # a multiplexer inverts for nothing: it is the row that is subtracted (`hw.complement`)
                return self.row[len(rows) :].any() | ~exceeds(rows, ~self.row[: len(rows)])
            case Limit.COLUMNS:
                return is_less(C(self.geometry.columns, 16), self.columns, equal=C(0))
            case Limit.NOT_ZERO:
                return value == 0
            case _:
                raise ValueError(f"{limit} is looked at in hw.link.memory_check")
