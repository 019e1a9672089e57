"""Cell: every token at the shortest distances that are allowed does to weights, counters and sums what the contract says."""

import re
from collections.abc import Iterable

import cocotb
import pytest
from amaranth.back import rtlil

from hw.array.cell import Cell
from sim.drivers.array_model import CellModel, Programs, Token, geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRIES = (  # height, width, K, folds, slices, rows, and memory ports if one, samples of a group if several
    (2, 3, 4, 1, 4, 3),
    (1, 1, 4, 2, 1, 5),
    (2, 2, 8, 3, 2, 4),
    (1, 2, 16, 1, 4, 9),
    (1, 1, 8, 15, 4, 2, 1),
    (1, 2, 16, 1, 4, 5, 2, 4),
    (2, 1, 4, 3, 1, 3, 2, 8),
)
SUM_ARRIVES, SUM_LEAVES = 3, 4  # cycles after the token's arrival
PROGRAM = 2000


async def play(dut, geometry: Geometry, model: CellModel, program: Iterable[Token], random) -> int:
    """Send one token a cycle with random sums beside them; compare what leaves in every cycle; returns the cycles."""
    mask = (1 << tokens.sum_width(geometry)) - 1
    sums: list[int] = []
    others = Others(dut, geometry, random)
    sent: list[int] = []
    contributions: list[int] = []
    done = [Token()] * (SUM_LEAVES + 1)
    for where, token in enumerate((*program, *done)):
        sent.append(token.pack(geometry))
        others.send(token, model)
        contributions.append(model.execute(token))
        sums.append(random.choice((0, mask, random.randrange(mask + 1))))
        dut.token_in.value = sent[-1]
        dut.sum_in.value = sums[-1]
        await dut.clk.rising_edge
        if where:
            assert int(dut.token_out.value) == sent[-2], f"the token of cycle {where - 1}, a cycle later"
        if where >= SUM_LEAVES:
            expected = (sums[where - SUM_LEAVES + SUM_ARRIVES] + contributions[where - SUM_LEAVES]) & mask
            assert int(dut.sum_out.value) == expected, f"the sum of cycle {where - SUM_LEAVES}"
            others.compare(where)
    return len(sent)


class Others:
    """The sums of the samples after the first, random ones beside every token; those of FORWARD tokens are compared."""

    def __init__(self, dut, geometry: Geometry, random) -> None:
        self.dut, self.random, self.count = dut, random, geometry.group - 1
        self.width = tokens.match_width(geometry)
        self.sums: list[list[int]] = []
        self.added: list[list[int] | None] = []

    def send(self, token: Token, model: CellModel) -> None:
        """Give a cell its neighbour's sums, and keep what it has to add to those of a token."""
        if self.count:
            self.added.append(model.others(token) if token.opcode == Opcode.FORWARD else None)
            self.sums.append([self.random.randrange(1 << self.width) for _ in range(self.count)])
            self.dut.others_in.value = sum(each << self.width * i for i, each in enumerate(self.sums[-1]))

    def compare(self, where: int) -> None:
        """What leaves in a cycle."""
        added = self.added[where - SUM_LEAVES] if self.count else None
        if added is not None:
            before = self.sums[where - SUM_LEAVES + SUM_ARRIVES]
            expected = [(sum_ + more) % (1 << self.width) for sum_, more in zip(before, added, strict=True)]
            found = int(self.dut.others_out.value)
            assert [found >> self.width * i & (1 << self.width) - 1 for i in range(self.count)] == expected


@cocotb.test()
async def random_tokens_of_every_opcode_leave_the_right_weights_counters_and_sums(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    index = random.randrange(geometry.cells)
    dut.index.value = index
    model = CellModel(geometry, index)
    programs = Programs(geometry, random, [model])
    opcodes = [*Opcode, Opcode.LEARN, Opcode.LEARN, Opcode.RELAX, Opcode.BACKWARD, Opcode.BACKWARD]

    def program():
        yield from programs.fill()
        addresses = list(range(geometry.memory_depth))
        for i in range(PROGRAM):
            if i % 50 == 0:  # a handful of words for a while: weights are read as soon as they are written
                addresses = random.sample(range(geometry.memory_depth), min(geometry.memory_depth, random.randrange(1, 4)))
            yield programs.any(opcodes, addresses)
        yield from programs.drain()

    assert await play(dut, geometry, model, programs.spaced(program()), random) > PROGRAM


@cocotb.test()
async def every_level_meets_every_interesting_threshold_in_both_directions(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    index = geometry.cells - 1
    dut.index.value = index
    model = CellModel(geometry, index)
    programs = Programs(geometry, random)
    k = geometry.synapses_per_cell

    def program():
        for cell in range(geometry.cells):  # columns differ: valid or not, either sign
            yield programs.token(Opcode.LOAD, cell=cell, inputs=0, operand=random.getrandbits(2 * k) | 1 | 2 << k)
        weights = list(range(-128, 128))
        random.shuffle(weights)
        while weights:
            place = {"cell": index, "address": random.randrange(geometry.memory_depth)}
            values = [weights.pop() if weights else 0 for _ in range(k)]
            for synapse, weight in enumerate(values):
                yield programs.token(Opcode.WRITE, **place, synapse=synapse, operand=weight & 0xFF)
            near = {min(weight ^ weight >> 7, 127) + more for weight in values for more in (0, 1)} | {0, 1, 127, 128}
            for threshold in random.sample(sorted(near), 4):
                for slice_ in range(geometry.slices):
                    where = place | {"inputs": 0, "synapse": slice_ * geometry.lanes}
                    other, sign = random.choice((0, 128, threshold)), random.getrandbits(1)
                    pair = random.choice(((threshold, other), (other, threshold)))
                    yield programs.token(Opcode.LEARN, **where, toward=pair[0], away=pair[1], negative=sign)
                    floor = min(max(threshold, 1), 127)
                    yield programs.token(Opcode.RELAX, **where, toward=floor, away=floor, negative=sign)
            for synapse in range(k):
                yield programs.token(Opcode.READ, **place, synapse=synapse)

    await play(dut, geometry, model, programs.spaced(program(), idle=0.0), random)


@cocotb.test()
async def counters_hold_as_many_errors_as_there_are_rows(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    index = 0
    dut.index.value = index
    model = CellModel(geometry, index)
    programs = Programs(geometry, random)

    def program():
        for sign in (0, 1):
            yield from programs.fill()
            for slice_ in range(geometry.slices):
                yield programs.token(Opcode.CLEAR)
                steps = [sign] * geometry.rows + [1 - sign] * (2 * geometry.rows)  # up to the rows, down to minus the rows
                for negative in steps:
                    where = {"address": 0, "synapse": slice_ * geometry.lanes}
                    yield programs.token(Opcode.BACKWARD, **where, operand=negative << tokens.NEGATIVE_OFFSET)
                    yield programs.token(Opcode.UNLOAD, cell=index)

    await play(dut, geometry, model, programs.spaced(program(), idle=0.0), random)


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_cell_executes_every_token(shape):
    run_bench(Cell(geometry_of(shape)), module=__name__, parameters={"shape": shape})


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_memories_keep_the_names_by_which_builds_place_them(shape):
    """Amaranth renames one of two things of a name, and `boards.ecp5` looks for the blocks of `weights_<slice>`."""
    geometry = geometry_of(shape)
    text = rtlil.convert(Cell(geometry), ports=[], emit_src=False)
    names = re.findall(r"^\s*memory .*\\(\S+)$", text, re.M)
    pixels = [f"pixels_{i}" for i in range(1, geometry.group) if geometry.pixel_words > 2]  # of two words in registers
    assert sorted(names) == ["inputs", *pixels, *(f"weights_{s}" for s in range(geometry.slices))]
