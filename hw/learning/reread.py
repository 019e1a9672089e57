"""Rows of the first layer that a sample of a group has changed are read again for the samples that are left."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.array.array import hidden_bits
from hw.layouts import token_layout
from hw.queue import Queue
from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import WRITE_LATENCY, Opcode

ROOM = 8
QUEUE_DELAY = 2


def row_layout(geometry: Geometry) -> data.StructLayout:
    """A row of the weight memory: its word of fold 0, and its neuron in the first layer."""
    return data.StructLayout({"address": bits_for(geometry.memory_depth - 1), "neuron": hidden_bits(geometry)})


class Reread(wiring.Component):
    """Sends the FORWARD tokens of every row that is learned, one token a fold, for all samples of the group at once.

    The tokens go before all others, the learner's too, but not before the row's last write has gone: they are offered
    `WRITE_LATENCY + 1` cycles after its last token, so that no hazard holds up what comes behind them. A row takes
    a cycle more than it has folds, and there are two between the sums of two rows (`hw.forward.group_sums`).

    Members
    -------
    wanted : samples are left, and the learner is at work on the first layer
    learned, row : one cycle: the last token of a row is issued that changes it
    half, folds : of the group's pixels; of a row
    mended : one cycle: the sums of a row that was read again are in the totals
    owed : rows that have changed are not in the totals yet, from the cycle after `learned` on
    tokens : to the array
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "wanted": In(1),
                "learned": In(1),
                "row": In(row_layout(geometry)),
                "half": In(1),
                "folds": In(range(geometry.folds + 1)),
                "mended": In(1),
                "owed": Out(1),
                "tokens": Out(stream.Signature(token_layout(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g, token = self.geometry, self.tokens.payload
        m.submodules.rows = rows = Queue(width=len(self.row.as_value()), room=ROOM)
        changed, row = self.wanted & self.learned, self.row.as_value()
        owed = Signal(range(g.rows + 1))
        m.d.sync += owed.eq(owed + changed - self.mended)
        m.d.comb += self.owed.eq(owed != 0)

        for i in range(WRITE_LATENCY + 1 - QUEUE_DELAY):
            later = Signal(name=f"changed_{i}")
            later_row = Signal(len(row), name=f"row_{i}", reset_less=True)
            m.d.sync += [later.eq(changed), later_row.eq(row)]
            changed, row = later, later_row
        m.d.comb += [rows.pushed.valid.eq(changed), rows.pushed.payload.eq(row)]

        fold = Signal(range(g.folds))
        pause = Signal()
        oldest = data.View(row_layout(g), rows.popped.payload)
        issued = self.tokens.valid & self.tokens.ready
        m.d.comb += [
            self.tokens.valid.eq(rows.popped.valid & ~pause),
            rows.popped.ready.eq(issued & token.last),
            token.opcode.eq(Opcode.FORWARD),
            token.last.eq(fold + 1 == self.folds),
            token.address.eq(oldest.address + fold),
            token.inputs.eq(Mux(self.half, g.folds, 0) + fold),
            token.operand[: len(oldest.neuron)].eq(oldest.neuron),
            token.operand[tokens.AGAIN_OFFSET].eq(1),
        ]
        m.d.sync += pause.eq(issued & token.last)
        with m.If(issued):
            m.d.sync += fold.eq(Mux(token.last, 0, fold + 1))
        return m
