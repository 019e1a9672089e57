"""Where tokens of all sources meet: one of them enters the array in a cycle, and never while a write is in its way."""

from amaranth.hdl import Cat, Module, Signal
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

    Latency one cycle. `stalled` is set in a cycle in which a hazard held a token back.
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
        lane_bits = (self.geometry.lanes - 1).bit_length()
        chosen = Signal(layout)
        for source in reversed(list(self.source)):
            with m.If(source.valid):
                m.d.comb += chosen.eq(source.payload)

        reads = Signal()
        with m.Switch(chosen.opcode):
            with m.Case(*(opcode.value for opcode in tokens.READS_WEIGHTS)):
                m.d.comb += reads.eq(1)
        conflicts = []
        issued = chosen
        for cycle in range(tokens.WRITE_LATENCY):
            earlier = Signal(layout, name=f"issued_{cycle}")
            if cycle == 0:
                with m.If(self.stalled):
                    m.d.sync += earlier.opcode.eq(Opcode.IDLE)
                with m.Else():
                    m.d.sync += earlier.eq(issued)
                m.d.comb += self.token.eq(earlier)
            else:
                m.d.sync += [
                    earlier.opcode.eq(issued.opcode),
                    earlier.address.eq(issued.address),
                    earlier.synapse.eq(issued.synapse),
                ]
            writes = Cat(earlier.opcode == opcode.value for opcode in tokens.WRITES_WEIGHTS).any()
            same_slice = earlier.synapse[lane_bits:] == chosen.synapse[lane_bits:]
            whole_word = chosen.opcode == Opcode.FORWARD
            conflicts.append(writes & (earlier.address == chosen.address) & (whole_word | same_slice))
            issued = earlier
        m.d.comb += self.stalled.eq(reads & Cat(conflicts).any())

        free = ~self.stalled
        for source in self.source:
            m.d.comb += source.ready.eq(free)
            free = free & ~source.valid
        return m
