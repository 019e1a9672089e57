"""One cell of the array: the hidden weights of K columns, their inputs, and what each token does to them."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.array.decode import Decoded
from hw.array.input_memory import add_input_memory
from hw.array.lane import add_lane
from hw.array.match_sum import add_match_sum
from hw.array.pipeline import Pipeline
from hw.array.pixel_lane import add_pixel_lane
from hw.array.weight_memory import add_weight_memory, write_signature
from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for


class Cell(wiring.Component):
    """K synapses of every row. A token arrives every cycle; n cycles later it is in stage n.

               stage 0   │  stage 1    │  stage 2             │  stage 3        │  stage 4
                         │             │                      │                 │
        token ─┬─ decode ┼─ token out  │                      │    sum in ─┐    │
               │         │             │                      │            │    │
               ├─ weights┼─┬─ match ───┼─── count ones ──┬────┼─────────── + ───┼─ sum out
               │         │ │           │                 │    │                 │
               └─ inputs ┼─┴─ a slice ─┼─┬─ byte, flags ─┘    │                 │
                         │             │ │                    │                 │
                         │             │ └─ lanes: compare, ──┼─ past the end ──┼─ weights
                         │             │    count, step       │  of its range?  │

    A weight of stage 4 can be read by a token that arrives a cycle later (`tokens.WRITE_LATENCY`). LOAD writes the input memory
    in stage 0. `hw.array.pipeline` keeps the stages apart.

    Members
    -------
    token_in, token_out : token (`hw.layouts.token_layout`); out one cycle after in
    sum_in, sum_out : sum of the cells to the left, three cycles after the token; with this cell's contribution, one later
    others_in, others_out : with groups, the sums of the samples after the first (`hw.array.pixel_lane`), side by side
    index : constant; the cell's number, for tokens that address one cell
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        layout = token_layout(geometry)
        width = tokens.sum_width(geometry)
        others = tokens.match_width(geometry) * (geometry.group - 1)
        super().__init__(
            {
                "token_in": In(layout),
                "token_out": Out(layout),
                "sum_in": In(width),
                "sum_out": Out(width),
                "index": In(bits_for(geometry.cells - 1)),
            }
            | ({"others_in": In(others), "others_out": Out(others)} if others else {})
        )

    def elaborate(self, platform: object) -> Module:
        m, g = Module(), self.geometry
        pipeline = Pipeline(m)
        token = pipeline.value("token", pipeline.arrives(self.token_in, stage=0))
        passing, index = pipeline.arrives(self.sum_in, stage=3), pipeline.arrives(self.index, stage=None)
        asked = Decoded(pipeline, g, token, index)

        write = write_signature(g).create()
        valid_all, negative_all, valid, negative = add_input_memory(
            pipeline,
            g,
            address=token[0].inputs,
            whole=asked.forward[0],
            slice_=asked.slice(0),
            load=asked.load[0],
            data=token[0].operand[: 2 * g.synapses_per_cell],
        )
        signs, word = add_weight_memory(pipeline, g, address=token[0].address, slice_=asked.slice(0), write=write)
        # What a token must not see is zero.
        matches = pipeline.value("matches", valid_all & ~(signs ^ negative_all), zero=asked.not_forward[1])
        weights = pipeline.value("hidden", word, zero=asked.unsliced[1])
        valid, negative = pipeline.value("valid", valid), pipeline.value("negative", negative)

        lanes = [
            add_lane(pipeline, g, i, token=token, asked=asked, weights=weights, valid=valid, negative=negative)
            for i in range(g.lanes)
        ]
        flags = Cat([lane.active for lane in lanes], [lane.below_zero for lane in lanes])
        brought = reduce(or_, (lane.byte for lane in lanes)) | (flags & asked.unload[2].replicate(len(flags)))
        total = add_match_sum(pipeline, passing=passing, matches=matches, brought=brought)

        enables = Cat(lane.enable for lane in lanes)
        enable = pipeline.value("enable", Cat(Mux(asked.slice(3) == s, enables, 0) for s in range(g.slices)))
        pipeline.drive(write, address=token[4].address, data=Cat(lane.weight[4] for lane in lanes), enable=enable[4])
        pipeline.drive(self, token_out=token[1])
        pipeline.drive(self, sum_out=total)
        if g.group > 1:
            others = pipeline.arrives(self.others_in, stage=3)
            added = [
                add_pixel_lane(pipeline, g, i, token=token, load=asked.load, signs=signs, passing=others)
                for i in range(1, g.group)
            ]
            pipeline.drive(self, others_out=Cat(added))
        return m
