"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Signal, Value, ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.input_memory import add_input_memory
from hw.array.popcount import popcount
from hw.array.update import decide, step
from hw.array.weight_memory import add_weight_memory
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

        def register(name: str, value: ValueLike, *, when: ValueLike = 1, zero: ValueLike = 0) -> Value:
            """`value`, one cycle later; zero where `zero` was set; held unless `when`, which lets simulation skip it."""
            later = Signal(Value.cast(value).shape(), name=name, reset_less=True)
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
        chosen = Cat(forward | (slice_ == s) for s in range(g.slices))
        sliced = _any_of(arriving.opcode, Opcode.LEARN, Opcode.RELAX, Opcode.BACKWARD)
        valid_all, negative_all, valid_slice, negative_slice = add_input_memory(
            m,
            g,
            address=arriving.inputs,
            chosen=chosen,
            load=(arriving.opcode == Opcode.LOAD) & hit,
            data=arriving.operand[: 2 * synapses],
        )
        address4, values4, enable4 = Signal.like(arriving.address), Signal(8 * lanes), Signal(synapses)
        signs, word = add_weight_memory(
            m,
            g,
            address=arriving.address,
            chosen=chosen,
            write_address=address4,
            write_data=values4,
            write_enable=enable4,
        )

        # 1: words
        opcode1 = Signal(4)
        m.d.sync += opcode1.eq(arriving.opcode)
        token1 = data.View(token_layout(g), register("token1", arriving))
        other1, hit1 = register("other1", ~forward), register("hit1", hit)
        ignored = [register(f"ignored_{i}", ~(sliced | (read & (lane == i)))) for i in range(lanes)]
        m.d.comb += [self.token_out.eq(token1), self.token_out.opcode.eq(opcode1)]

        # 2: decisions
        matches = register("matches", valid_all & ~(signs ^ negative_all), zero=other1)
        hidden = [register(f"hidden_{i}", word.word_select(i, 8), zero=ignored[i]) for i in range(lanes)]
        valid, negative = register("valid", valid_slice), register("negative", negative_slice)
        clear, backward = register("clear", opcode1 == Opcode.CLEAR), register("backward", opcode1 == Opcode.BACKWARD)
        unload = register("unload", (opcode1 == Opcode.UNLOAD) & hit1)
        relax = register("relax", opcode1 == Opcode.RELAX)
        keeps = register("keeps", ~_any_of(opcode1, Opcode.LEARN, Opcode.RELAX))
        write = (opcode1 == Opcode.WRITE) & hit1
        not_write = register("not_write", ~write)
        silent = register("silent", ~_any_of(opcode1, Opcode.FORWARD, Opcode.READ, Opcode.UNLOAD))
        operand2, synapse2 = register("operand2", token1.operand), register("synapse2", token1.synapse)
        # UNLOAD counts down without keeping it: a counter is above zero if it is not below zero then.
        error_negative = register("error_negative", token1.operand[tokens.NEGATIVE_OFFSET] | (opcode1 == Opcode.UNLOAD))

        positive_counts, negative_counts = [], []
        for i in range(lanes):
            counter = Signal(tokens.counter_width(g), name=f"counter_{i}", reset_less=True)
            down = hidden[i][7] ^ error_negative
            counted = (counter + Cat(1, down.replicate(len(counter) - 1)))[: len(counter)]
            with m.If(clear):
                m.d.sync += counter.eq(0)
            with m.Elif(backward):
                m.d.sync += counter.eq(counted)
            positive_counts.append(~counted[-1])
            negative_counts.append(counter[-1])
        active = Cat(positive_counts) | Cat(negative_counts)
        counts = Cat(active, Cat(negative_counts)) & unload.replicate(2 * lanes)
        contribution = popcount(matches) | reduce(or_, hidden) | counts

        decisions = [
            decide(
                weight=hidden[i],
                valid=valid[i],
                input_negative=negative[i],
                error_negative=error_negative,
                relax=relax,
                toward=operand2[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS],
                away=operand2[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS],
            )
            for i in range(lanes)
        ]

        # 3: sum and step; WRITE steps a zero by nothing
        contribution3 = register("contribution3", contribution, zero=silent)
        m.d.comb += self.sum_out.eq(register("sum4", (self.sum_in + contribution3)[: len(self.sum_in)]))
        moves = register("moves", Cat(moves for moves, _ in decisions), zero=keeps)
        toward = register("toward", Cat(toward for _, toward in decisions), zero=keeps)
        changes = ~keeps | ~not_write
        hidden3 = [register(f"hidden3_{i}", hidden[i], when=changes) for i in range(lanes)]
        lane2, slice2 = synapse2[:lane_bits], synapse2[lane_bits:]
        written = register("written", operand2[:8], zero=not_write)
        written_lane = register("written_lane", Cat(~not_write & (lane2 == i) for i in range(lanes)))
        updates3, changes3, slice3 = register("updates3", ~keeps), register("changes3", changes), register("slice3", slice2)
        levels, ends = zip(*(step(hidden3[i], toward[i], moving=updates3) for i in range(lanes)), strict=True)

        # 4: write
        address3 = register("address3", register("address2", token1.address))
        enable = (moves & ~(Cat(ends) & ~toward)) | written_lane
        values = []
        for i, (level, end) in enumerate(zip(levels, ends, strict=True)):
            crosses = end & toward[i]
            values += [
                register(f"level4_{i}", level | written[:7], when=changes3, zero=crosses),
                register(f"negative4_{i}", (hidden3[i][7] ^ crosses) | written[7], when=changes3),
            ]
        m.d.comb += [
            address4.eq(register("address4", address3)),
            values4.eq(Cat(values)),
            enable4.eq(Cat(register(f"enable4_{s}", enable, zero=slice3 != s) for s in range(g.slices))),
        ]
        return m


def _any_of(opcode: Value, *opcodes: Opcode) -> Value:
    return Cat(opcode == each.value for each in opcodes).any()
