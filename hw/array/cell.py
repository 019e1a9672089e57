"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Mux, Signal, Value, ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.input_memory import add_input_memory
from hw.array.popcount import popcount
from hw.array.update import moves
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
    2. ones counted; levels compared with thresholds; errors counted, weights stepped; contribution chosen
    3. contribution added to the passing sum; a weight at the end of its range stays
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
        forward, slice_ = arriving.opcode == Opcode.FORWARD, arriving.synapse[lane_bits:]
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
        signs, word = add_weight_memory(m, g, address=arriving.address, slice_=slice_, write=write)

        # 1: words
        token1 = data.View(token_layout(g), register("token1", arriving))
        opcode1 = token1.opcode
        other1, hit1 = register("other1", ~forward, init=1), register("hit1", hit)
        sliced = _any_of(arriving.opcode, Opcode.LEARN, Opcode.RELAX, Opcode.BACKWARD, Opcode.READ)
        ignored = register("ignored", ~sliced)
        m.d.comb += self.token_out.eq(token1)
        lane1 = token1.synapse[:lane_bits]
        no_write1 = ~((opcode1 == Opcode.WRITE) & hit1)

        # 2: decisions. What a token must not see is zero.
        matches = register("matches", valid_all & ~(signs ^ negative_all), zero=other1)
        hidden = register("hidden", word, zero=ignored)
        weights = [hidden[8 * i :][:8] for i in range(lanes)]
        valid, negative = register("valid", valid_slice), register("negative", negative_slice)
        clear, backward = register("clear", opcode1 == Opcode.CLEAR), register("backward", opcode1 == Opcode.BACKWARD)
        unload = register("unload", (opcode1 == Opcode.UNLOAD) & hit1)
        counts = register("counts", _any_of(opcode1, Opcode.BACKWARD, Opcode.UNLOAD))
        relax, learn = register("relax", opcode1 == Opcode.RELAX), register("learn", opcode1 == Opcode.LEARN)
        keeps = register("keeps", ~_any_of(opcode1, Opcode.LEARN, Opcode.RELAX), init=1)
        no_write = register("no_write", no_write1, init=1)
        read = (opcode1 == Opcode.READ) & hit1
        read_lanes = [register(f"read_{i}", read & (lane1 == i)) for i in range(lanes)]
        operand2, synapse2 = register("operand2", token1.operand), register("synapse2", token1.synapse)
        written = register("written", token1.operand[:8], zero=no_write1)
        # UNLOAD counts down without keeping it: a counter is above zero if it is not below zero then.
        downs = _any_of(opcode1, Opcode.UNLOAD, Opcode.RELAX)
        error_negative = register("error_negative", token1.operand[tokens.NEGATIVE_OFFSET] | downs)
        toward = operand2[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
        away = operand2[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]

        changes = ~keeps | ~no_write
        active, below_zero, moving, outward, stepped, signs3 = [], [], [], [], [], []
        for i in range(lanes):
            sign = weights[i][7]
            nearer = relax | (negative[i] ^ error_negative ^ sign)
            moving.append(moves(weight=weights[i], threshold=Mux(nearer, toward, away), valid=valid[i], relax=relax))
            outward.append(~nearer)
            # One adder counts up and down, steps weights, and lets through what is written.
            counter = Signal(tokens.counter_width(g), name=f"counter_{i}", reset_less=True)
            width = max(len(counter), 8)
            down = Mux(learn, negative[i], sign) ^ error_negative
            base = Cat(Mux(counts, counter[:8], weights[i]) | written, counter[8:])[:width]
            total = (base + Cat(no_write, down.replicate(width - 1)))[:width]
            with m.If(clear):
                m.d.sync += counter.eq(0)
            with m.Elif(backward):
                m.d.sync += counter.eq(total)
            active.append(~total[len(counter) - 1] | counter[-1])
            below_zero.append(counter[-1])
            stepped.append(register(f"stepped_{i}", total[:8], when=changes))
            signs3.append(register(f"sign3_{i}", sign, when=changes))
        flags = Cat(active, below_zero) & unload.replicate(2 * lanes)
        byte = reduce(or_, (weights[i] & read_lanes[i].replicate(8) for i in range(lanes)))
        contribution = popcount(matches[1:]) | byte | flags

        # 3: sum; a weight at the end of its range stays
        contribution3 = register("contribution3", contribution)
        match3 = register("match3", matches[0])  # the carry into the sum costs nothing
        m.d.comb += self.sum_out.eq(register("sum4", (self.sum_in + contribution3 + match3)[: len(self.sum_in)]))
        moves3, outward3 = register("moves3", Cat(moving), zero=keeps), register("outward3", Cat(outward))
        lane2, slice2 = synapse2[:lane_bits], synapse2[lane_bits:]
        written_lane = register("written_lane", Cat(~no_write & (lane2 == i) for i in range(lanes)))
        changes3, slice3 = register("changes3", changes), register("slice3", slice2)
        past_end = outward3 & (Cat(each[7] for each in stepped) ^ Cat(signs3))
        enable = (moves3 & ~past_end) | written_lane

        # 4: write
        address3 = register("address3", register("address2", token1.address))
        m.d.comb += [
            write.address.eq(register("address4", address3)),
            write.data.eq(register("bytes4", Cat(stepped), when=changes3)),
            write.enable.eq(register("enable4", Cat(Mux(slice3 == s, enable, 0) for s in range(g.slices)))),
        ]
        return m


def _any_of(opcode: Value, *opcodes: Opcode) -> Value:
    return Cat(opcode == each.value for each in opcodes).any()
