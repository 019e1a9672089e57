"""Reads and writes rows of hidden weights, one byte a token, for loading and checkpoints."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.array import result_layout
from hw.engine_ports import ROW_LAYOUT
from hw.layouts import token_layout
from hw.multiply import times
from hw.queue import Queue
from sw.contract.cost import ISSUE_DELAY, array_latency
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

AROUND_THE_ARRAY = 4  # cycles that a byte spends outside the array: result, queue, room known


class RowAccess(wiring.Component):
    """Serves one request at a time: columns 0 … count-1 of a row, in order.

    Up to one byte every other cycle: a register says that a token went, and what follows from that looks at it alone. Reads are
    limited to what the queue behind the array can take, because nothing inside the array can stall.

    Members
    -------
    request : row, count (>= 1), write or read (`hw.engine_ports.ROW_LAYOUT`)
    written, values : bytes to write, bytes that were read
    tokens, result : to and from the array
    busy : a request is being served
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "request": In(stream.Signature(ROW_LAYOUT)),
                "written": In(stream.Signature(8)),
                "values": Out(stream.Signature(8)),
                "tokens": Out(stream.Signature(token_layout(geometry))),
                "result": In(result_layout(geometry)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        token = self.tokens.payload
        depth = ISSUE_DELAY + array_latency(g) + AROUND_THE_ARRAY
        m.submodules.read = read = Queue(width=8, room=depth)
        connect(m, read.popped, flipped(self.values))
        m.d.comb += [
            read.pushed.valid.eq(self.result.opcode == Opcode.READ),
            read.pushed.payload.eq(self.result.sum[:8]),
        ]

        active = Signal()
        write = Signal()
        can_read = Signal()
        remaining = Signal(range(g.columns))
        unread = Signal(range(depth + 1))
        address = Signal.like(token.address)
        cell = Signal.like(token.cell)
        synapse = Signal.like(token.synapse)
        operand = Signal(8, reset_less=True)
        offered = self.tokens.valid
        went = Signal()
        last = remaining == 0
        free = Signal()  # for the next byte
        taken = self.values.valid & self.values.ready
        m.d.comb += [
            self.busy.eq(active | (unread != 0)),
            self.request.ready.eq(~self.busy),
            free.eq(active & ~offered & ~(went & last)),
            self.written.ready.eq(free & write),
            token.opcode.eq(Mux(write, Opcode.WRITE, Opcode.READ)),
            token.address.eq(address),
            token.cell.eq(cell),
            token.synapse.eq(synapse),
            token.operand.eq(operand),
        ]
        # One place is kept for the byte that is asked for while the others are counted.
        m.d.sync += [unread.eq(unread + (went & ~write) - taken), can_read.eq(unread < depth - 1)]
        m.d.sync += went.eq(offered & self.tokens.ready)
        with m.If(offered):
            m.d.sync += offered.eq(~self.tokens.ready)
        with m.Else():
            m.d.sync += [offered.eq(free & Mux(write, self.written.valid, can_read)), operand.eq(self.written.payload)]
        with m.If(self.request.valid & self.request.ready):
            m.d.sync += [
                active.eq(1),
                write.eq(self.request.payload.write),
                remaining.eq(self.request.payload.count - 1),
                address.eq(times(self.request.payload.row, g.folds)),
                Cat(synapse, cell).eq(0),
            ]
        with m.If(went):
            m.d.sync += [active.eq(~last), remaining.eq(remaining - 1), synapse.eq(synapse + 1)]
            with m.If(synapse == g.synapses_per_cell - 1):
                m.d.sync += cell.eq(cell + 1)
                with m.If(cell == g.cells - 1):
                    m.d.sync += [cell.eq(0), address.eq(address + 1)]
        return m
