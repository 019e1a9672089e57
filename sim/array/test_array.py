"""Array: every token leaves after the same number of cycles, with the sum of all cells; a row's folds are added up."""

from typing import Any

import cocotb
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.array import SynapseArray, hidden_bits, result_layout
from hw.forward.fold_sum import FoldSum, RowMatches
from hw.layouts import token_layout
from sim.drivers.array_model import ArrayModel, Programs, Token, geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sw.contract import tokens
from sw.contract.cost import array_latency
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows, and memory ports if one, samples of a group if several
    (1, 1, 4, 3, 2, 4),
    (2, 3, 4, 2, 4, 3),
    (3, 2, 8, 1, 1, 5),
    (1, 4, 16, 2, 4, 2),
    (2, 1, 4, 3, 2, 3, 1),
    (2, 2, 4, 2, 2, 3, 2, 4),
    (1, 3, 8, 1, 4, 2, 2, 8),
)
PROGRAM = 900


class SummedArray(wiring.Component):
    """The array with the sum over folds behind it."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "token": In(token_layout(geometry)),
                "result": Out(result_layout(geometry)),
                "row": Out(RowMatches(geometry)),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.array = array = SynapseArray(self.geometry)
        m.submodules.fold_sum = fold_sum = FoldSum(self.geometry)
        connect(m, fold_sum.row, flipped(self.row))
        m.d.comb += [
            array.token.eq(self.token),
            self.result.eq(array.result),
            fold_sum.result.eq(array.result),
        ]
        return m


async def play(dut, geometry: Geometry, program) -> None:
    """Send one token a cycle; compare the result and the sum over folds of every cycle with the model's."""
    model, delay = ArrayModel(geometry), array_latency(geometry)
    layout = result_layout(geometry)
    results: list[dict[str, Any]] = []
    rows: list[list[int] | None] = []  # a row's matches of every sample, at its last fold
    partial = [0] * geometry.group
    for where, token in enumerate((*program, *[Token()] * (delay + 1))):
        others = model.others(token) if token.opcode == Opcode.FORWARD else []
        total = model.execute(token)
        results.append({"opcode": token.opcode, "last": token.last, "sum": total})
        rows.append(None)
        if token.opcode == Opcode.FORWARD:
            partial = [before + now for before, now in zip(partial, [total, *others], strict=True)]
            if token.last:
                rows[-1], partial = partial, [0] * geometry.group
            if others:
                neuron = token.operand & (1 << hidden_bits(geometry)) - 1
                told = {"neuron": neuron, "again": token.operand >> tokens.AGAIN_OFFSET & 1}
                results[-1] |= {"others": others} | told
        dut.token.value = token.pack(geometry)
        await dut.clk.rising_edge
        if where >= delay:
            found: Any = layout.from_bits(int(dut.result.value))
            for name, value in results[where - delay].items():
                there = list(found[name]) if name == "others" else found[name]
                assert there == value, f"{name} of the result of cycle {where - delay}, {delay} cycles later"
        if where > delay:
            matches = rows[where - delay - 1]
            assert dut.row__valid.value == (matches is not None), f"a row's sum after cycle {where - delay - 1}"
            if matches is not None:
                width = len(dut.row__matches)
                others = int(dut.row__others.value) if geometry.group > 1 else 0
                found = [
                    int(dut.row__matches.value),
                    *(others >> width * i & (1 << width) - 1 for i in range(geometry.group - 1)),
                ]
                assert found == matches, f"the row that ended in cycle {where - delay - 1}"


@cocotb.test()
async def random_programs_leave_in_order_with_the_sums_of_all_cells(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    programs = Programs(geometry, random)
    opcodes = [*Opcode, *[Opcode.FORWARD] * 6, Opcode.LEARN, Opcode.BACKWARD]

    def program():
        yield from programs.fill()
        for _ in range(PROGRAM):
            yield programs.any(opcodes, range(geometry.memory_depth))
        yield from programs.drain()

    await play(dut, geometry, programs.spaced(program()))


@cocotb.test()
async def all_columns_and_all_folds_fit_the_sum(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    programs = Programs(geometry, random)
    k = geometry.synapses_per_cell

    def program():
        yield from programs.fill()
        for cell in range(geometry.cells):
            for fold in range(geometry.folds):
                yield programs.token(Opcode.LOAD, cell=cell, inputs=fold, operand=(1 << k) - 1)  # all valid and positive
                for synapse in range(k):
                    where = {"cell": cell, "address": fold, "synapse": synapse}
                    yield programs.token(Opcode.WRITE, **where, operand=random.randrange(128))
        for _ in range(20):
            for fold in range(geometry.folds):
                where = {"address": fold, "inputs": fold}
                yield programs.token(Opcode.FORWARD, **where, last=int(fold == geometry.folds - 1))

    await play(dut, geometry, programs.spaced(program(), idle=0.0))


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_array_adds_up_its_cells(shape):
    run_bench(SummedArray(geometry_of(shape)), module=__name__, parameters={"shape": shape})
