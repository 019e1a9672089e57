"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
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
        slice_bits = bits_for(g.slices - 1) if g.slices > 1 else 0
        lane_bits = (lanes - 1).bit_length()

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
        token1 = Signal.like(self.token_out)
        hit1 = Signal()
        m.d.sync += [token1.eq(arriving), hit1.eq(hit)]
        m.d.comb += self.token_out.eq(token1)
        valid1, negative1 = fetch.data[:synapses], fetch.data[synapses:]
        signs1 = Cat(read.data[8 * i + 7] for i in range(synapses))
        slice1 = token1.synapse[lane_bits : lane_bits + slice_bits] if slice_bits else 0

        # 2: decisions
        matches = Signal(synapses)
        hidden = Signal(data.ArrayLayout(8, lanes))
        valid, negative = Signal(lanes), Signal(lanes)
        opcode2, synapse2, operand2, hit2 = Signal(4), Signal.like(token1.synapse), Signal.like(token1.operand), Signal()
        m.d.sync += [
            matches.eq(valid1 & ~(signs1 ^ negative1)),
            hidden.as_value().eq(read.data.word_select(slice1, 8 * lanes)),
            valid.eq(valid1.word_select(slice1, lanes)),
            negative.eq(negative1.word_select(slice1, lanes)),
            opcode2.eq(token1.opcode),
            synapse2.eq(token1.synapse),
            operand2.eq(token1.operand),
            hit2.eq(hit1),
        ]
        toward = operand2[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
        away = operand2[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]
        error_negative = operand2[tokens.NEGATIVE_OFFSET]

        counters = [Signal(tokens.counter_width(g), name=f"counter_{i}") for i in range(lanes)]
        for counter, weight in zip(counters, hidden):
            with m.If(opcode2 == Opcode.CLEAR):
                m.d.sync += counter.eq(0)
            with m.Elif(opcode2 == Opcode.BACKWARD):
                downward = weight[7] ^ error_negative
                m.d.sync += counter.eq(counter + Cat(1, downward.replicate(len(counter) - 1)))
        signs = Cat(Cat(counter.any() for counter in counters), Cat(counter[-1] for counter in counters))

        contribution = Signal(max(8, 2 * lanes, bits_for(synapses)))
        with m.If(opcode2 == Opcode.FORWARD):
            m.d.sync += contribution.eq(popcount(matches))
        with m.Elif((opcode2 == Opcode.READ) & hit2):
            m.d.sync += contribution.eq(hidden[synapse2[:lane_bits]] if lane_bits else hidden[0])
        with m.Elif((opcode2 == Opcode.UNLOAD) & hit2):
            m.d.sync += contribution.eq(signs)
        with m.Else():
            m.d.sync += contribution.eq(0)

        moves, down = Signal(lanes), Signal(lanes)
        hidden3 = Signal.like(hidden)
        operand3, synapse3, write3 = Signal(8), Signal.like(token1.synapse), Signal()
        updates = (opcode2 == Opcode.LEARN) | (opcode2 == Opcode.RELAX)
        for i in range(lanes):
            lane_moves, lane_down = decide(
                hidden=hidden[i],
                valid=valid[i],
                input_negative=negative[i],
                error_negative=error_negative,
                relax=opcode2 == Opcode.RELAX,
                toward=toward,
                away=away,
            )
            m.d.sync += [moves[i].eq(updates & lane_moves), down[i].eq(lane_down)]
        m.d.sync += [
            hidden3.eq(hidden),
            operand3.eq(operand2),
            synapse3.eq(synapse2),
            write3.eq((opcode2 == Opcode.WRITE) & hit2),
        ]

        # 3: sum and step
        m.d.sync += self.sum_out.eq(self.sum_in + contribution)
        values = Cat(Mux(write3, operand3, step(hidden3[i], down[i])) for i in range(lanes))
        lane3, slice3 = synapse3[:lane_bits], synapse3[lane_bits:]
        writes = Cat(Mux(write3, lane3 == i, moves[i]) for i in range(lanes))
        enable = Cat(writes & (slice3 == s).replicate(lanes) for s in range(g.slices))
        m.d.sync += [
            write.data.eq(values.replicate(g.slices)),
            write.en.eq(enable),
            write.addr.eq(_delayed(m, token1.address, 2, "address")),
        ]
        return m


def _delayed(m: Module, value: Signal, cycles: int, name: str) -> Signal:
    for i in range(cycles):
        later = Signal(len(value), name=f"{name}{i + 2}")
        m.d.sync += later.eq(value)
        value = later
    return value
