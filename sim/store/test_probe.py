"""Probe: what the board has is found out at its start, and then the memory is somebody else's."""

import cocotb
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.store.chip import AS4C32M16SB, CHIPS, GW2AR_SDRAM, MT48LC16M16A2
from hw.store.controller import Transfers
from hw.store.pins import PinSignals
from hw.store.probe import Probe
from hw.store.sdram import Sdram
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.sdram_chip import SdramChip
from sim.drivers.stream_driver import Sink, Source, cycles
from sim.store.test_controller import BOARDS, quick


class Top(wiring.Component):
    """A probe on an SDRAM, whose pins are signals."""

    def __init__(self, board: str, clock_hz: int) -> None:
        chip = quick(BOARDS[board])
        self.probe, self.sdram = Probe(chip), Sdram(chip, clock_hz)
        super().__init__(
            {
                "above": In(Transfers(chip)),
                "late": Out(1),
                "done": Out(1),
                "present": Out(1),
                "wide": Out(1),
                "pins": Out(PinSignals(chip)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.probe = probe = self.probe
        m.submodules.sdram = sdram = self.sdram
        connect(m, probe.below, sdram.transfers)
        connect(m, flipped(self.above), probe.above)
        connect(m, sdram.pins, flipped(self.pins))
        m.d.comb += [probe.ready.eq(sdram.ready), sdram.late.eq(probe.late)]
        for name in ("late", "done", "present", "wide"):
            m.d.comb += getattr(self, name).eq(getattr(probe, name))
        return m


@cocotb.test()
async def what_is_there_is_found(dut):
    random = await start(dut)
    parameters = bench_parameters()
    part = {chip.name: chip for chip in CHIPS}.get(parameters["part"])
    request, written = Source(dut, "above__request", random), Source(dut, "above__written", random)
    read = Sink(dut, "above__read", random, 0.0)
    if part:
        SdramChip(dut, quick(part), parameters["clock_hz"], random, way_ns=parameters["way"])
    else:
        cocotb.start_soon(keep_levels(dut))
    for _ in range(2000):
        await cycles(dut, 1)
        if dut.done.value:
            break
    found = [int(getattr(dut, name).value) for name in ("done", "present", "wide", "late")]
    assert found == [1, *parameters["found"]]
    if not part:
        return
    bits = len(dut.above__request__payload)
    request.send([1 | 700 << 1 | 3 << bits - 12, 700 << 1 | 3 << bits - 12])
    written.send([11, 12, 13])
    assert await read.take(3) == [11, 12, 13]


async def keep_levels(dut) -> None:
    """No chip: the data pins keep what was on them."""
    while True:
        await dut.clk.falling_edge
        if dut.pins__dq_oe.value:
            dut.pins__dq_i.value = int(dut.pins__dq_o.value)


@pytest.mark.parametrize(
    ("board", "part", "clock_hz", "way", "found"),
    [
        ("ulx3s", MT48LC16M16A2.name, 80_000_000, 6.0, (1, 0, 1)),
        ("ulx3s", AS4C32M16SB.name, 80_000_000, 6.0, (1, 1, 1)),
        ("ulx3s", AS4C32M16SB.name, 40_000_000, 2.0, (1, 1, 0)),
        ("gw2ar", GW2AR_SDRAM.name, 54_000_000, 2.0, (1, 0, 1)),
        ("gw2ar", GW2AR_SDRAM.name, 54_000_000, 9.0, (1, 0, 1)),
        ("ulx3s", "none", 80_000_000, 0.0, (0, 0, 0)),
    ],
)
def test_a_board_finds_its_memory(board, part, clock_hz, way, found):
    parameters = {"part": part, "clock_hz": clock_hz, "way": way, "found": found}
    run_bench(Top(board, clock_hz), module=__name__, parameters=parameters)
