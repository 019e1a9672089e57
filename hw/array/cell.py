"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, ValueLike, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.array.popcount import popcount
from hw.array.update import decide, step
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

        def register(name: str, value: ValueLike, *, reset: bool = False, when: ValueLike = 1) -> Value:
            """`value`, one cycle later. Only opcodes need a reset: what they don't ask for is not looked at.

            `when` it is not needed it is held: a clock enable costs nothing, and simulation skips what leads to it.
            """
            later = Signal(Value.cast(value).shape(), name=name, reset_less=not reset)
            with m.If(when):
                m.d.sync += later.eq(value)
            return later

        m.submodules.weights = weights = Memory(shape=unsigned(8 * synapses), depth=g.memory_depth, init=[])
        read, write = weights.read_port(), weights.write_port(granularity=8)
        m.submodules.inputs = inputs = Memory(shape=unsigned(2 * synapses), depth=g.input_depth, init=[])
        load, fetch = inputs.write_port(), inputs.read_port()

        # 0: addresses
        arriving = self.token_in
        hit = arriving.cell == self.index
        m.d.comb += [
            read.addr.eq(arriving.address),
            fetch.addr.eq(arriving.inputs),
            load.addr.eq(arriving.inputs),
            load.data.eq(arriving.operand[: 2 * synapses]),
            load.en.eq((arriving.opcode == Opcode.LOAD) & hit),
        ]

        # 1: words
        opcode1 = register("opcode1", arriving.opcode, reset=True)
        token1 = data.View(token_layout(g), register("token1", arriving))
        hit1 = register("hit1", hit)
        m.d.comb += [self.token_out.eq(token1), self.token_out.opcode.eq(opcode1)]
        valid1, negative1 = fetch.data[:synapses], fetch.data[synapses:]
        signs1 = Cat(read.data[8 * i + 7] for i in range(synapses))
        slice1 = token1.synapse[lane_bits:]

        # 2: decisions
        matches = register("matches", valid1 & ~(signs1 ^ negative1))
        hidden = data.View(data.ArrayLayout(8, lanes), register("hidden", read.data.word_select(slice1, 8 * lanes)))
        valid = register("valid", valid1.word_select(slice1, lanes))
        negative = register("negative", negative1.word_select(slice1, lanes))
        opcode2 = register("opcode2", opcode1, reset=True)
        synapse2, operand2 = register("synapse2", token1.synapse), register("operand2", token1.operand)
        hit2 = register("hit2", hit1)
        toward = operand2[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
        away = operand2[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]
        error_negative = operand2[tokens.NEGATIVE_OFFSET]

        width = tokens.counter_width(g)
        counters = [Signal(width, name=f"counter_{i}", reset_less=True) for i in range(lanes)]
        for counter, weight in zip(counters, hidden, strict=True):
            with m.If(opcode2 == Opcode.CLEAR):
                m.d.sync += counter.eq(0)
            with m.Elif(opcode2 == Opcode.BACKWARD):
                downward = weight[7] ^ error_negative
                m.d.sync += counter.eq(counter + Cat(1, downward.replicate(width - 1)))

        contribution = Signal(max(8, 2 * lanes, bits_for(synapses)))
        with m.If(opcode2 == Opcode.FORWARD):
            m.d.comb += contribution.eq(popcount(matches))
        with m.Elif((opcode2 == Opcode.READ) & hit2):
            m.d.comb += contribution.eq(hidden[synapse2[:lane_bits]])
        with m.Elif((opcode2 == Opcode.UNLOAD) & hit2):
            signs = (Cat(counter.any() for counter in counters), Cat(counter[-1] for counter in counters))
            m.d.comb += contribution.eq(Cat(signs))

        relax = opcode2 == Opcode.RELAX
        updates = relax | (opcode2 == Opcode.LEARN)
        decisions = [
            decide(
                hidden=hidden[i],
                valid=valid[i],
                input_negative=negative[i],
                error_negative=error_negative,
                relax=relax,
                toward=toward,
                away=away,
            )
            for i in range(lanes)
        ]

        # 3: sum and step
        contribution3 = register("contribution3", contribution)
        moves = register("moves", Cat(lane_moves for lane_moves, _ in decisions), when=updates)
        down = register("down", Cat(lane_down for _, lane_down in decisions), when=updates)
        hidden3 = data.View(data.ArrayLayout(8, lanes), register("hidden3", hidden, when=updates))
        written3, synapse3 = register("written3", operand2[:8]), register("synapse3", synapse2)
        write3 = register("write3", (opcode2 == Opcode.WRITE) & hit2)
        active3 = register("updates3", updates) | write3
        lane3, slice3 = synapse3[:lane_bits], synapse3[lane_bits:]
        values = Cat(Mux(write3, written3, step(hidden3[i], down[i])) for i in range(lanes))
        writes = Cat(Mux(write3, lane3 == i, moves[i]) for i in range(lanes))
        m.d.comb += self.sum_out.eq(register("sum4", (self.sum_in + contribution3)[: len(self.sum_in)]))

        # 4: write
        address3 = register("address3", register("address2", token1.address))
        enable = Cat(writes & (slice3 == s).replicate(lanes) for s in range(g.slices))
        m.d.comb += [
            write.addr.eq(register("address4", address3)),
            write.data.eq(register("values4", values, when=active3).replicate(g.slices)),
            write.en.eq(register("enable4", Mux(active3, enable, 0))),
        ]
        return m
