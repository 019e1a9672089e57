"""A run on Icarus Verilog under cocotb: the gateware as the native engine compiles it, with stalls on both sides."""

import tempfile
from pathlib import Path
from random import Random
from typing import Any

import cocotb

from hw.accelerator import Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.verilog import to_verilog
from sim.bench import bench_parameters, run_bench, start
from sim.bench_host import BenchHost
from sim.replay.run_file import Run, read
from sim.stream_driver import Sink, Source

STALLS = 0.1
LONGEST_WAIT = 40_000  # cycles for the next byte


def replies(run: Run, path: Path) -> list[bytes]:
    """The payloads of all replies. AssertionError if one does not come."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "replies"
        parameters = {"run": str(path.absolute()), "replies": str(told)}
        cell = to_verilog(Cell(run.geometry), CELL_MODULE)
        run_bench(Accelerator(run.geometry, cell_instances=True), module=__name__, parameters=parameters, sources=[cell])
        return [bytes.fromhex(line) for line in told.read_text(encoding="ascii").split("\n")[:-1]]


class StreamHost(BenchHost):
    """Asks over the streams `rx` and `tx` of an accelerator."""

    def __init__(self, dut: Any, random: Random, sequence: int) -> None:
        super().__init__(sequence)
        self.source, self.sink = Source(dut, "rx", random, STALLS), Sink(dut, "tx", random, STALLS)

    async def send(self, data: bytes) -> None:
        self.source.send(data)

    async def listen(self) -> bytes:
        return bytes(await self.sink.take(1, LONGEST_WAIT))


@cocotb.test()
async def play(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    run = read(Path(bench_parameters()["run"]))
    host = StreamHost(dut, random, run.wrapping_sequence)
    await host.open(run.geometry)
    found = [reply async for reply in host.exchange(run.requests)]
    Path(bench_parameters()["replies"]).write_text("".join(f"{reply.hex()}\n" for reply in found), encoding="utf-8")
