"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Mux, Signal, Value, ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.input_memory import add_input_memory
from hw.array.popcount import popcount
from hw.array.update import is_down, moves
from hw.array.weight_memory import add_weight_memory, write_signature
from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import Opcode


class Cell(wiring.Component):
    """K synapses of every row.

    A token arrives on `token_in` every cycle and leaves on `token_out` one cycle later; the sum that rides with it
    arrives three cycles after it and leaves one cycle after that. The pipeline, counted from the token's arrival:

    0. addresses to the weight and input memories; LOAD writes the input memory
    1. words from both memories; which columns match; the slice's weights
    2. ones counted; thresholds compared; column counters moved; contribution chosen
    3. contribution added to the passing sum; weights stepped
    4. weights written: a later token may read the word from cycle 5 on (`tokens.WRITE_LATENCY`)

    Members
    -------
    token_in, token_out : token (`hw.layouts.token_layout`)
    sum_in, sum_out : sum of the cells to the left, and with this cell's contribution
    index : constant; the cell's number, for tokens that address one cell
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        layout = token_layout(geometry)
        width = tokens.sum_width(geometry)
        super().__init__(
            {
                "token_in": In(layout),
                "token_out": Out(layout),
                "sum_in": In(width),
                "sum_out": Out(width),
                "index": In(bits_for(geometry.cells - 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        synapses, lanes = g.synapses_per_cell, g.lanes
        lane_bits = (lanes - 1).bit_length()

        def register(name: str, value: ValueLike, *, when: ValueLike = 1, zero: ValueLike = 0, init: int = 0) -> Value:
            """`value`, one cycle later; zero where `zero` was set; held unless `when`, which lets simulation skip it."""
            later = Signal(Value.cast(value).shape(), name=name, init=init, reset_less=True)
            with m.If(zero):
                m.d.sync += later.eq(0)
            with m.Elif(when):
                m.d.sync += later.eq(value)
            return later

        # 0: addresses, and what the token asks for
        arriving = self.token_in
        hit = arriving.cell == self.index
        forward, read = arriving.opcode == Opcode.FORWARD, (arriving.opcode == Opcode.READ) & hit
        lane, slice_ = arriving.synapse[:lane_bits], arriving.synapse[lane_bits:]
        sliced = _any_of(arriving.opcode, Opcode.LEARN, Opcode.RELAX, Opcode.BACKWARD)
        valid_all, negative_all, valid_slice, negative_slice = add_input_memory(
            m,
            g,
            address=arriving.inputs,
            whole=forward,
            slice_=slice_,
            load=(arriving.opcode == Opcode.LOAD) & hit,
            data=arriving.operand[: 2 * synapses],
        )
        write = write_signature(g).create()
        signs, word = add_weight_memory(m, g, address=arriving.address, whole=forward, slice_=slice_, write=write)

        # 1: words
        opcode1 = Signal(4)
        m.d.sync += opcode1.eq(arriving.opcode)
        token1 = data.View(token_layout(g), register("token1", arriving))
        other1, hit1 = register("other1", ~forward, init=1), register("hit1", hit)
        ignored = [register(f"ignored_{i}", ~(sliced | (read & (lane == i)))) for i in range(lanes)]
        m.d.comb += [self.token_out.eq(token1), self.token_out.opcode.eq(opcode1)]
        keeps1 = ~_any_of(opcode1, Opcode.LEARN, Opcode.RELAX)
        no_write1 = ~((opcode1 == Opcode.WRITE) & hit1)

        # 2: decisions
        matches = register("matches", valid_all & ~(signs ^ negative_all), zero=other1)
        weights = [register(f"weight_{i}", word.word_select(i, 8), zero=ignored[i]) for i in range(lanes)]
        valid, negative = register("valid", valid_slice), register("negative", negative_slice, zero=keeps1)
        clear, backward = register("clear", opcode1 == Opcode.CLEAR), register("backward", opcode1 == Opcode.BACKWARD)
        unload = register("unload", (opcode1 == Opcode.UNLOAD) & hit1)
        counts = register("counts", _any_of(opcode1, Opcode.BACKWARD, Opcode.UNLOAD))
        relax = register("relax", opcode1 == Opcode.RELAX)
        keeps, no_write = register("keeps", keeps1, init=1), register("no_write", no_write1, init=1)
        silent = register("silent", ~_any_of(opcode1, Opcode.FORWARD, Opcode.READ, Opcode.UNLOAD), init=1)
        operand2, synapse2 = register("operand2", token1.operand), register("synapse2", token1.synapse)
        written = register("written", token1.operand[:8], zero=no_write1)
        # UNLOAD counts down without keeping it: a counter is above zero if it is not below zero then.
        error_negative = register("error_negative", token1.operand[tokens.NEGATIVE_OFFSET] | (opcode1 == Opcode.UNLOAD))
        toward = operand2[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
        away = operand2[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]

        changes = ~keeps | ~no_write
        active, below_zero, moving, downward, stepped, signs3 = [], [], [], [], [], []
        for i in range(lanes):
            level, sign = weights[i][:7], weights[i][7]
            down = is_down(negative=sign, input_negative=negative[i], error_negative=error_negative, relax=relax)
            moving.append(moves(level=level, threshold=Mux(down, toward, away), valid=valid[i], relax=relax))
            downward.append(down)
            # One adder counts up and down, steps levels, and lets through what is written.
            counter = Signal(tokens.counter_width(g), name=f"counter_{i}", reset_less=True)
            width = max(len(counter), 8)
            base = Cat(Mux(counts, counter[:8], level) | written[:7], counter[8:])[:width]
            total = (base + Cat(no_write, down.replicate(width - 1)))[:width]
            with m.If(clear):
                m.d.sync += counter.eq(0)
            with m.Elif(backward):
                m.d.sync += counter.eq(total)
            active.append(~total[len(counter) - 1] | counter[-1])
            below_zero.append(counter[-1])
            stepped.append(register(f"stepped_{i}", total[:8], when=changes))
            signs3.append(register(f"sign3_{i}", sign | written[7], when=changes))
        flags = Cat(active, below_zero) & unload.replicate(2 * lanes)
        contribution = popcount(matches[1:]) | reduce(or_, weights) | flags

        # 3: sum and ends
        contribution3 = register("contribution3", contribution, zero=silent)
        match3 = register("match3", matches[0])  # the carry into the sum costs nothing
        m.d.comb += self.sum_out.eq(register("sum4", (self.sum_in + contribution3 + match3)[: len(self.sum_in)]))
        moves3, down3 = register("moves3", Cat(moving), zero=keeps), register("down3", Cat(downward), zero=keeps)
        lane2, slice2 = synapse2[:lane_bits], synapse2[lane_bits:]
        written_lane = register("written_lane", Cat(~no_write & (lane2 == i) for i in range(lanes)))
        changes3, slice3 = register("changes3", changes), register("slice3", slice2)
        ends = Cat(each[7] for each in stepped)
        crosses = ends & down3
        enable = (moves3 & ~(ends & ~down3)) | written_lane

        # 4: write
        address3 = register("address3", register("address2", token1.address))
        bytes4 = [
            Cat(
                register(f"level4_{i}", stepped[i][:7], when=changes3, zero=crosses[i]),
                register(f"sign4_{i}", signs3[i] ^ crosses[i], when=changes3),
            )
            for i in range(lanes)
        ]
        m.d.comb += [
            write.address.eq(register("address4", address3)),
            write.data.eq(Cat(bytes4)),
            write.enable.eq(Cat(register(f"enable4_{s}", enable, zero=slice3 != s) for s in range(g.slices))),
        ]
        return m


def _any_of(opcode: Value, *opcodes: Opcode) -> Value:
    return Cat(opcode == each.value for each in opcodes).any()
