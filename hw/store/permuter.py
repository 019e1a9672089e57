"""The permutation of pixels that may stand between a record and the array (clause 20): several pixels a cycle."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from hw.engine_ports import PIXELS_LAYOUT
from hw.memory import add_memory, read_word
from hw.register_slice import FullRateSlice, RegisterSlice
from hw.store.record_reader import fetched_layout
from sw.contract.geometry import Geometry, bits_for


def lanes_of(geometry: Geometry) -> int:
    """Pixels that are looked up in a cycle, each in a copy of the record of its own.

    A grid that takes several cycles for a row has few LUTs, and as many cycles more for a sample: two are enough there.
    """
    return 4 if geometry.folds == 1 else 2


class Permuter(wiring.Component):
    """Network pixel i is stored pixel p[i], in records whose note says `permute`; others pass as they are.

    A record comes in, a byte a cycle, and leaves with `lanes_of` pixels a cycle: 784 pixels take 98 cycles and, four of them a
    cycle, 196, and some eight. Records that pass take no cycle more than their bytes and one for the label, and come a cycle
    later. Between a block RAM, the copies of the record and whoever takes it there are registers.

    There is room for two permutations, the one in use and the one that is being told, so that one that turns out to be none
    changes nothing.

    Parameters
    ----------
    geometry : for the sizes
    note : of the records, with a member `permute`

    Members
    -------
    last_pixel : n_0 - 1 of the network
    told : p[0], p[1], …, exactly n_0 of them; a p[i] that is not below n_0 makes `wrong`, until `restart`
    restart : one cycle: p[0] comes next
    take : one cycle: what has been told is in use from the next record on
    sample, pixels, permuted, permuted_pixels : records in and out
    idle : none is inside
    """

    def __init__(self, geometry: Geometry, note: data.StructLayout) -> None:
        self.geometry, self.note = geometry, note
        self.lanes = lanes_of(geometry)
        self.pixel_bits = bits_for(geometry.columns - 1)
        super().__init__(
            {
                "last_pixel": In(16),
                "told": In(stream.Signature(16)),
                "restart": In(1),
                "wrong": Out(1),
                "take": In(1),
                "sample": In(stream.Signature(fetched_layout(note))),
                "pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "permuted": Out(stream.Signature(fetched_layout(note))),
                "permuted_pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        group_bits = max(exact_log2(8 // self.lanes), self.pixel_bits - exact_log2(self.lanes))
        # Half of the lanes in each: of a single memory the second block would have bytes that are never written, a thing that
        # has been wrong on Gowin's chips.
        part = self.pixel_bits * self.lanes // 2
        memories = [add_memory(m, f"permutations_{i}", shape=part, depth=2 << group_bits) for i in range(2)]
        self.half = Signal()  # in use
        with m.If(self.take):
            m.d.sync += self.half.eq(~self.half)
        self._listen(m, memories, group_bits)
        self._move_records(m, memories, group_bits)
        return m

    def _listen(self, m: Module, memories: list[Memory], group_bits: int) -> None:
        """What is told, `lanes` numbers a word, into the half that is not in use."""
        complete = Signal()
        word = Signal(data.ArrayLayout(self.pixel_bits, self.lanes))
        pixel = Signal(16)
        earlier = Signal(self.pixel_bits * (self.lanes - 1))
        m.d.comb += [
            self.told.ready.eq(1),
            word.eq(Cat(earlier, self.told.payload[: self.pixel_bits])),
        ]
        for i, memory in enumerate(memories):
            write = memory.write_port()
            m.d.sync += [  # a cycle later: a block RAM may be far away
                write.addr.eq(Cat(pixel[exact_log2(self.lanes) :][:group_bits], ~self.half)),
                write.data.eq(word.as_value().word_select(i, len(write.data))),
                write.en.eq(complete),
            ]
        lane = pixel[: exact_log2(self.lanes)]
        # Of the last word the numbers lie as if there were others behind them.
        with m.If(self.told.valid):
            for i in range(self.lanes):
                with m.If(lane == i):
                    m.d.comb += word[i].eq(self.told.payload)
                    if i < self.lanes - 1:
                        m.d.sync += earlier.word_select(i, self.pixel_bits).eq(self.told.payload)
            m.d.comb += complete.eq(lane.all() | (pixel == self.last_pixel))
            m.d.sync += pixel.eq(pixel + 1)
            with m.If(self.told.payload > self.last_pixel):
                m.d.sync += self.wrong.eq(1)
        with m.If(self.restart):
            m.d.sync += [pixel.eq(0), self.wrong.eq(0)]

    def _move_records(self, m: Module, memories: list[Memory], group_bits: int) -> None:
        """States of a record."""
        taken = Signal(fetched_layout(self.note))
        byte = Signal(max(1, self.pixel_bits - 3))
        pixels = self.pixels
        m.submodules.out_sample = out_sample = RegisterSlice(shape=fetched_layout(self.note))
        m.submodules.out_pixels = out_pixels = FullRateSlice(shape=PIXELS_LAYOUT)
        connect(m, out_sample.popped, flipped(self.permuted))
        connect(m, out_pixels.popped, flipped(self.permuted_pixels))
        copies = self._add_copies(m, byte)
        group = Signal(group_bits)
        next_group = Signal(group_bits)
        words = [read_word(m, memory, address=Cat(next_group, self.half)) for memory in memories]
        m.d.comb += next_group.eq(group)
        m.d.sync += group.eq(next_group)
        with m.FSM():
            with m.State("label"):
                permutes = self.sample.valid & self.sample.payload.note.permute
                m.d.comb += self.idle.eq(~out_sample.popped.valid & ~out_pixels.popped.valid)
                m.d.sync += [taken.eq(self.sample.payload), byte.eq(0), group.eq(0)]
                with m.If(permutes):
                    m.d.comb += self.sample.ready.eq(1)
                    m.next = "in"
                with m.Else():
                    connect(m, flipped(self.sample), out_sample.pushed)
                    with m.If(self.sample.valid & self.sample.ready):
                        m.next = "pass"
            with m.State("pass"):
                connect(m, flipped(pixels), out_pixels.pushed)
                with m.If(pixels.valid & pixels.ready & pixels.payload.last):
                    m.next = "label"
            with m.State("in"):
                m.d.comb += pixels.ready.eq(1)
                with m.If(pixels.valid):
                    m.d.sync += byte.eq(byte + 1)
                    with m.If(pixels.payload.last):
                        m.next = "permuted label"
            with m.State("permuted label"):
                m.d.comb += [out_sample.pushed.valid.eq(1), out_sample.pushed.payload.eq(taken)]
                with m.If(out_sample.pushed.ready):
                    m.next = "out"
            with m.State("out"):
                with m.If(self._give(m, group, next_group, Cat(words), copies, out_pixels.pushed)):
                    m.next = "label"

    def _add_copies(self, m: Module, byte: Signal) -> list:
        """A port of each copy of the record: its bytes, read in the cycle in which they are asked for."""
        ports = []
        for lane in range(self.lanes):
            copy = add_memory(m, f"copy_{lane}", shape=8, depth=1 << len(byte), style="distributed")
            write = copy.write_port()
            m.d.comb += [write.addr.eq(byte), write.data.eq(self.pixels.payload.data), write.en.eq(self.pixels.valid)]
            ports.append(copy.read_port(domain="comb"))
        return ports

    def _choose(self, m: Module, copies: list, numbers: data.View) -> Signal:
        """The stored pixels whose numbers these are."""
        chosen = Signal(self.lanes)
        for lane, port in enumerate(copies):
            m.d.comb += [port.addr.eq(numbers[lane][3:]), chosen[lane].eq(port.data.bit_select(numbers[lane][:3], 1))]
        return chosen

    def _give(
        self, m: Module, group: Signal, next_group: Signal, word: Value, copies: list, out: wiring.PureInterface
    ) -> Signal:
        """In the state in which a permuted record leaves: its bytes, of several groups; whether that was the last one.

        A group passes two registers, with its numbers and with its pixels, which move together, and with them the next word.
        """
        groups = 8 // self.lanes  # of a byte
        numbers = Signal(data.ArrayLayout(self.pixel_bits, self.lanes), reset_less=True)
        chosen = Signal(self.lanes, reset_less=True)
        step = data.StructLayout({"place": exact_log2(groups), "complete": 1, "last": 1})
        read, looked_up, given = (Signal(step, name=f"{name}_step") for name in ("read", "looked_up", "given"))
        earlier = Signal(data.ArrayLayout(self.lanes, groups - 1))
        moves = Signal()
        ended = Signal()
        inside = Cat((self.last_pixel[:3] >= i) | ~given.last for i in range(8))
        m.d.comb += [
            read.place.eq(group),
            read.last.eq(group == self.last_pixel >> exact_log2(self.lanes)),
            read.complete.eq(read.place.all() | read.last),
            out.valid.eq(given.complete),
            out.payload.data.eq(Cat(*(Mux(given.place == i, chosen, earlier[i]) for i in range(groups - 1)), chosen) & inside),
            out.payload.last.eq(given.last),
            moves.eq(~given.complete | out.ready),
            next_group.eq(group + moves),
            ended.eq(given.last & out.ready),
        ]
        with m.If(moves):
            m.d.sync += [numbers.eq(word), looked_up.eq(read), chosen.eq(self._choose(m, copies, numbers)), given.eq(looked_up)]
            for i in range(groups - 1):
                with m.If(given.place == i):
                    m.d.sync += earlier[i].eq(chosen)
        with m.If(ended):  # what was read behind the last group is forgotten
            m.d.sync += [looked_up.eq(0), given.eq(0)]
        return ended
