"""Issue: tokens of one row from several sources, back to back, do what they would do one at a time; others never wait."""

from collections import deque
from random import Random

import cocotb
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.array import SynapseArray, result_layout
from hw.issue import Issue
from hw.layouts import token_layout
from sim.drivers.array_model import ArrayModel, Programs, Token, geometry_of, too_early, unpack
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Source, cycles
from sw.contract.cost import array_latency
from sw.contract.geometry import Geometry
from sw.contract.tokens import WRITE_LATENCY, WRITES_WEIGHTS, Opcode

CASES = (  # sources; height, width, K, folds, slices, rows, and memory ports if one
    (4, (2, 2, 4, 2, 4, 400)),
    (1, (1, 1, 8, 1, 2, 400)),
    (2, (1, 2, 16, 3, 1, 400)),
    (3, (2, 1, 8, 2, 4, 400, 1)),
)
PROGRAM = 800


class IssuedArray(wiring.Component):
    """Issue with an array behind it."""

    def __init__(self, geometry: Geometry, sources: int) -> None:
        self.geometry, self.sources = geometry, sources
        super().__init__(
            {
                "source": In(stream.Signature(token_layout(geometry))).array(sources),
                "token": Out(token_layout(geometry)),
                "result": Out(result_layout(geometry)),
                "stalled": Out(1),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.issue = issue = Issue(self.geometry, sources=self.sources)
        m.submodules.array = array = SynapseArray(self.geometry)
        for outer, inner in zip(self.source, issue.source, strict=True):
            connect(m, flipped(outer), inner)
        m.d.comb += [
            array.token.eq(issue.token),
            self.token.eq(issue.token),
            self.result.eq(array.result),
            self.stalled.eq(issue.stalled),
        ]
        return m


class Watch:
    """Follows one clock edge after another what is offered, taken, held back and issued, and what leaves the array.

    Executes the tokens one at a time, in the order in which they are taken, and compares what leaves, unless `results`
    is false, for memories that nobody has filled.
    """

    def __init__(self, dut, geometry: Geometry, sources: int, results: bool = True) -> None:
        self.dut, self.geometry, self.results = dut, geometry, results
        self.model = ArrayModel(geometry)
        ends = ("valid", "ready", "payload")
        self.sources = [tuple(getattr(dut, f"source__{i}__{end}") for end in ends) for i in range(sources)]
        self.taken: list[list[int]] = [[] for _ in range(sources)]
        self.stalls = self.issued = 0
        self.last_stalled: Token | None = None
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        g, dut = self.geometry, self.dut
        recent: deque[Token] = deque([Token()] * WRITE_LATENCY, maxlen=WRITE_LATENCY)
        results: deque[tuple[int, int] | None] = deque([None] * (array_latency(g) + 1))
        expected_token, waiting, waiting_bits = 0, Token(), 0
        while True:
            await dut.clk.rising_edge
            assert int(dut.token.value) == expected_token or int(dut.token.value) & 15 == expected_token == 0
            result = results.popleft()
            found = int(dut.result.value)
            if result is None:
                assert found & 15 == Opcode.IDLE, "nothing was issued, something left the array"
            elif self.results:
                assert (found & 15, found >> 5) == result, "the result of the token, executed after those before it"

            stalled = too_early(g, waiting, recent)
            assert dut.stalled.value == stalled, "held back if, and only if, a weight that it reads is still to be written"
            self.stalls += stalled
            if stalled or waiting.opcode == Opcode.IDLE:
                expected_token = 0
                results.append(None)
                recent.append(Token())
            else:
                self.issued += 1
                expected_token = waiting_bits
                results.append((waiting.opcode, self.model.execute(waiting)))
                recent.append(waiting)

            free = not stalled
            taken = Token(), 0
            for i, (valid, ready, payload) in enumerate(self.sources):
                assert ready.value == free, "the source with the lowest index is taken, unless a token is held back"
                if free and valid.value == 1:
                    self.taken[i].append(int(payload.value))
                    taken = unpack(self.taken[i][-1], g), self.taken[i][-1]
                    free = False
            if not stalled:
                waiting, waiting_bits = taken


def row_program(programs: Programs, random: Random, addresses: list[int]) -> list[Token]:
    """Tokens for one row, as learning and its neighbours send them, some left out."""
    g, address = programs.geometry, random.choice(addresses)
    fold = address % g.folds
    sent = []
    for opcode in (Opcode.WRITE, Opcode.RELAX, Opcode.LEARN, Opcode.FORWARD, Opcode.READ, Opcode.BACKWARD):
        if random.random() < 0.3:
            continue
        for slice_ in random.sample(range(g.slices), random.choice((1, g.slices))):
            synapse = slice_ * g.lanes + random.randrange(g.lanes)
            token = programs.any([opcode], [address])
            if token.opcode in (Opcode.FORWARD, Opcode.LEARN):
                token = Token(**{**vars(token), "inputs": fold})
            sent.append(Token(**{**vars(token), "synapse": synapse, "cell": random.randrange(g.cells)}))
    return sent


@cocotb.test()
async def tokens_of_few_rows_do_what_they_would_do_one_at_a_time(dut):
    random = await start(dut)
    parameters = bench_parameters()
    geometry, sources = geometry_of(parameters["shape"]), parameters["sources"]
    watch = Watch(dut, geometry, sources)
    inputs = [Source(dut, f"source__{i}", random) for i in range(sources)]
    programs = Programs(geometry, random)
    addresses = random.sample(range(geometry.memory_depth), 3)
    addresses += [(address + 1) % geometry.memory_depth for address in addresses[:1]]

    sent: list[list[int]] = [[] for _ in range(sources)]

    def send(source: int, tokens: list[Token]) -> None:
        packed = [token.pack(geometry) for token in tokens]
        sent[source] += packed
        inputs[source].send(packed)

    send(0, [token for token in programs.fill() if token.opcode != Opcode.WRITE or token.address in addresses])
    await inputs[0].drained()
    for source in range(sources):
        while len(sent[source]) < PROGRAM // sources:
            if random.random() < 0.5:
                send(source, row_program(programs, random, addresses))
            else:
                send(source, [programs.any(list(Opcode)[1:], addresses) for _ in range(random.randrange(8))])
    for source in inputs:
        await source.drained()
    send(0, [token for token in programs.drain() if token.opcode == Opcode.UNLOAD or token.address in addresses])
    await inputs[0].drained()
    await cycles(dut, array_latency(geometry) + 3)
    assert watch.taken == sent, "every token once, in the order of its source"
    assert watch.stalls > PROGRAM / 10, "the stimulus aims at hazards"


@cocotb.test()
async def without_hazards_a_token_enters_in_every_cycle(dut):
    random = await start(dut)
    parameters = bench_parameters()
    geometry, sources = geometry_of(parameters["shape"]), parameters["sources"]
    watch = Watch(dut, geometry, sources, results=False)
    inputs = [Source(dut, f"source__{i}", random, stalls=0.0) for i in range(sources)]
    programs = Programs(geometry, random)
    addresses = iter(random.sample(range(geometry.memory_depth), 200))  # each once, so that nobody has to wait
    sent = 0
    occupies = WRITES_WEIGHTS if geometry.memory_ports == 1 else ()  # a token that writes takes a cycle from those that read
    opcodes = [opcode for opcode in Opcode if opcode != Opcode.IDLE and opcode not in occupies]
    for address in addresses:
        opcode = random.choice(opcodes)
        inputs[sent % sources].send([programs.any([opcode], [address]).pack(geometry)])
        sent += 1
    while not watch.issued:
        await dut.clk.rising_edge
    begun = watch.issued
    await cycles(dut, sent - begun)
    assert (watch.issued, watch.stalls) == (sent, 0)


@pytest.mark.parametrize(
    "sources, shape", CASES, ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else value
)
def test_issue_keeps_the_order_of_a_row_and_lets_others_pass(sources, shape):
    run_bench(IssuedArray(geometry_of(shape), sources), module=__name__, parameters={"sources": sources, "shape": shape})
