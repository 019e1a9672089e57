"""What the arguments of a request for the sample memory tell: whether they fit what lies there and what has room."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from hw.link.arguments import MEMORY_COMMANDS, arguments_of, most_arguments
from hw.link.decision import decide
from hw.link.header_check import REASON_BITS
from hw.store.sample_store import BURSTS_BITS
from sw.contract.commands import Command
from sw.contract.frames import CRC, Reason
from sw.contract.geometry import Geometry, bits_for
from sw.contract.sample_memory import ALIGNMENT, LABEL, PERMUTES, TRAINS, record_bytes


class MemoryCheck(Component):
    """Decides by arguments and memory, before anything is changed; a dozen cycles.

    Whether a library and a reservoir fit takes a multiplication, records by bursts of each, and the length of a STORE another
    one: both bit by bit.

    Members
    -------
    kind, left, arguments, repeated : of the request
    last_pixel : n_0 - 1 of the network
    fits, kept : what `hw.link.sample_lock` says of `first` and `count`
    records, size, bursts : of the library; R of the reservoir; of the memory
    permutation, damaged : one has been told; a record was damaged, and no State set since
    start, done : one cycle each; `reason` holds from `done` to the next `start`
    reason : why the request is refused, or 0
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "kind": In(8),
                "left": In(16),
                "arguments": In(8 * most_arguments(MEMORY_COMMANDS)),
                "repeated": In(1),
                "last_pixel": In(16),
                "fits": In(1),
                "kept": In(1),
                "records": In(32),
                "size": In(32),
                "bursts": In(BURSTS_BITS),
                "permutation": In(1),
                "damaged": In(1),
                "start": In(1),
                "done": Out(1),
                "reason": Out(REASON_BITS),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        finished, room, length = self._multiply(m)
        refusals = self._refusals(room, length)
        decide(m, finished, kind=self.kind, refusals=refusals, done=self.done, reason=self.reason)
        return m

    def _multiply(self, m: Module) -> tuple[Signal, Value, Value]:
        """When both products are there, whether the records would have room, and whether a STORE has the right length."""
        store, rehearse = (arguments_of(command, self.arguments) for command in (Command.STORE, Command.REHEARSE))
        last_byte = self.last_pixel >> 3
        burst_bits = bits_for(record_bytes(self.geometry.columns) // ALIGNMENT)
        steps = max(burst_bits, 8)
        bursts, of_sample = Signal(steps), Signal(bits_for((self.geometry.columns - 1) // 8 + 1 + LABEL.size))
        wanted = Signal(34)  # records, of library and reservoir
        m.d.sync += [
            bursts.eq((last_byte + LABEL.size + 1 + CRC.size + ALIGNMENT - 1) >> bits_for(ALIGNMENT - 1)),
            of_sample.eq(last_byte + 1 + LABEL.size),
            wanted.eq(Mux(self.kind == Command.STORE, store.slot + store.count + self.size, self.records + rehearse.size)),
        ]
        step, running, finished = Signal(range(steps)), Signal(), Signal()
        needed, product = Signal(BURSTS_BITS + steps), Signal(len(of_sample) + 8)
        count = Cat(store.count, C(0, steps - 8)) if steps > 8 else store.count
        m.d.sync += finished.eq(running & (step == 0))
        with m.If(self.start):
            m.d.sync += [running.eq(1), step.eq(steps - 1), needed.eq(0), product.eq(0)]
        with m.If(running):
            m.d.sync += [
                needed.eq((needed << 1) + Mux(bursts.bit_select(step, 1), wanted[:BURSTS_BITS], 0)),
                product.eq((product << 1) + Mux(count.bit_select(step, 1), of_sample, 0)),
                step.eq(step - 1),
            ]
            with m.If(step == 0):
                m.d.sync += running.eq(0)
        return finished, ~wanted[BURSTS_BITS:].any() & (needed <= self.bursts), self.left == product

    def _refusals(self, room: Value, length: Value) -> dict[Command, list[tuple[Value, Reason]]]:
        """When a command is refused and why; the first of them counts."""
        told = {command: arguments_of(command, self.arguments) for command in MEMORY_COMMANDS}
        store, recall, rehearse = told[Command.STORE], told[Command.RECALL], told[Command.REHEARSE]
        below = store.slot[31]
        in_library = ~below & (store.slot.as_unsigned() <= self.records) & room
        in_reservoir = below & (store.slot + store.count <= 0) & (~store.slot.as_unsigned() < self.size)
        there = Mux(recall.slot[31], ~recall.slot.as_unsigned() < self.size, recall.slot.as_unsigned() < self.records)
        given = self.left != 0
        return {
            Command.STORE: [
                (~length, Reason.LENGTH),
                (~self.repeated & ~in_library & ~in_reservoir, Reason.RANGE),
            ],
            Command.RECALL: [(~there, Reason.RANGE)],
            Command.PERMUTE: [(self.left != (self.last_pixel + 1) << 1, Reason.LENGTH)],
            Command.PLAY: [(~self.repeated & condition, reason) for condition, reason in self._playback(told[Command.PLAY])],
            Command.RECITE: self._recital(told[Command.RECITE]),
            Command.REHEARSE: [(given & ((rehearse.prng == 0) | ~room), Reason.RANGE)],
        }

    def _recital(self, recite: Value) -> list[tuple[Value, Reason]]:
        told_again = self.repeated & (recite.how & TRAINS).any()
        refusals = [(~told_again & condition, reason) for condition, reason in self._playback(recite)]
        return [(told_again & ~self.kept, Reason.SAMPLE), *refusals]

    def _playback(self, play: Value) -> list[tuple[Value, Reason]]:
        """When a stretch is refused that is to be played now."""
        outside = (play.record + play.count > self.records) | (play.how > TRAINS | PERMUTES)
        return [
            (self.damaged, Reason.DAMAGED),
            ((play.how & TRAINS).any() & ~self.fits, Reason.SAMPLE),
            (outside | ((play.how & PERMUTES).any() & ~self.permutation), Reason.RANGE),
        ]
