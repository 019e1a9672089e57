"""Where tokens of all sources meet: one of them enters the array in a cycle, and never while a write is in its way."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode


class Issue(wiring.Component):
    """Chooses among `sources` token streams, the lowest index first, and keeps hazards out of the array.

    The cells read a weight word when a token arrives and write it `tokens.WRITE_LATENCY` cycles later. Every cell sees
    the tokens in the same order at the same distances, so it is enough to look here: a token that reads a word waits
    until no token of the last WRITE_LATENCY cycles writes that word. Tokens of different slices of one word touch
    different weights and don't wait for each other.
    Weight memories with one port (`Geometry.memory_ports`) cannot read while they write: there a token that reads also waits
    if the token WRITE_LATENCY cycles before it writes, whatever it writes.

    Latency `ISSUE_DELAY` cycles: a token is chosen and compared with those before it, then it waits until it may go. So
    `ready` comes from flip-flops alone, and paths end here from both sides. `stalled` is set in a cycle in which a hazard
    holds a token back.
    """

    def __init__(self, geometry: Geometry, *, sources: int) -> None:
        self.geometry = geometry
        self.sources = sources
        layout = token_layout(geometry)
        super().__init__(
            {
                "source": In(stream.Signature(layout)).array(sources),
                "token": Out(layout),
                "stalled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layout = token_layout(self.geometry)
        chosen = Signal(layout)
        for source in reversed(list(self.source)):
            with m.If(source.valid):
                m.d.comb += chosen.eq(source.payload)

        # `waiting` was chosen. `issued[n]` entered the array n + 1 cycles ago. A bit of `conflicts` says that `waiting`
        # may not enter now because of `issued[n]`; when it has to wait, its conflicts grow older with the tokens.
        waiting = Signal(layout)
        # All but the first need no reset, for what comes from there meanwhile is IDLE. Without one they are the same registers
        # as some of the first cell, and synthesis keeps one of both.
        issued = [Signal(layout, name=f"issued_{n}", reset_less=n > 0) for n in range(tokens.WRITE_LATENCY)]
        conflicts = Signal(tokens.WRITE_LATENCY)
        m.d.comb += [self.stalled.eq(conflicts.any()), self.token.eq(issued[0])]
        ahead = [waiting, *issued[:-1]]
        with m.If(self.stalled):
            meets = self.geometry.memory_ports == 1 and _reads(waiting) & _writes(issued[-2])
            m.d.sync += [conflicts.eq((conflicts << 1) | (meets << tokens.WRITE_LATENCY - 1)), issued[0].opcode.eq(Opcode.IDLE)]
        with m.Else():
            found = [self._conflict(chosen, earlier, distance) for distance, earlier in enumerate(ahead, 1)]
            m.d.sync += [conflicts.eq(Cat(found)), waiting.eq(chosen), issued[0].eq(waiting)]
        for earlier, later in pairwise(issued):
            m.d.sync += [
                later.opcode.eq(earlier.opcode),
                later.address.eq(earlier.address),
                later.synapse.eq(earlier.synapse),
            ]

        free = ~self.stalled
        for source in self.source:
            m.d.comb += source.ready.eq(free)
            free = free & ~source.valid
        return m

    def _conflict(self, token, earlier, distance: int) -> Value:
        """Whether `token` may not follow `earlier` after `distance` cycles."""
        lane_bits = (self.geometry.lanes - 1).bit_length()
        meets = _reads(token) & _writes(earlier)
        if self.geometry.memory_ports == 1 and distance == tokens.WRITE_LATENCY:
            return meets
        whole_word = token.opcode == Opcode.FORWARD
        same_slice = earlier.synapse[lane_bits:] == token.synapse[lane_bits:]
        return meets & (earlier.address == token.address) & (whole_word | same_slice)


def _reads(token) -> Value:
    return Cat(token.opcode == opcode.value for opcode in tokens.READS_WEIGHTS).any()


def _writes(token) -> Value:
    return Cat(token.opcode == opcode.value for opcode in tokens.WRITES_WEIGHTS).any()
