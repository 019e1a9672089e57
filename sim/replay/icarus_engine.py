"""A run on Icarus Verilog under cocotb: the gateware as the native engine compiles it, with stalls on both sides."""

import tempfile
from pathlib import Path

import cocotb

from hw.accelerator import Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.cocotb_host import over_streams
from sim.replay.run_file import Run, read

STALLS = 0.1


def replies(run: Run, path: Path) -> list[bytes]:
    """The payloads of all replies. AssertionError if one does not come."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "replies"
        parameters = {"run": str(path.absolute()), "replies": str(told)}
        run_bench(
            Accelerator(run.geometry, cell_instances=True),
            module=__name__,
            parameters=parameters,
            instances={CELL_MODULE: Cell(run.geometry)},
        )
        return [bytes.fromhex(line) for line in told.read_text(encoding="ascii").split("\n")[:-1]]


@cocotb.test()
async def play(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    run = read(Path(bench_parameters()["run"]))
    host = over_streams(dut, random, run.wrapping_sequence, STALLS)
    await host.begin(run.geometry)
    answers = [reply async for reply in host.exchange(run.requests)]
    Path(bench_parameters()["replies"]).write_text("".join(f"{reply.hex()}\n" for reply in answers), encoding="utf-8")
