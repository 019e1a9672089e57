"""The host's end of a bench under cocotb: frames in and out through a source and a sink of bytes, on streams or on wires."""

from random import Random
from typing import Any

from cocotb.triggers import with_timeout

from sim.drivers.bench_host import BenchHost
from sim.drivers.serial_pins import WireSink, WireSource
from sim.drivers.stream_driver import Sink, Source
from sw.host.frame_reader import END

REPLY_TIMEOUT_US = 20_000


class CocotbHost(BenchHost):
    """Asks through `source` and hears through `sink`."""

    def __init__(self, source: Source | WireSource, sink: Sink | WireSink, sequence: int) -> None:
        super().__init__(sequence)
        self.source, self.sink = source, sink

    async def send(self, data: bytes) -> None:
        self.source.send(data)

    async def listen(self) -> bytes:
        return await with_timeout(self.sink.frame(), REPLY_TIMEOUT_US, "us") + END


def over_streams(dut: Any, random: Random, sequence: int, stalls: float | None = None) -> CocotbHost:
    """On the streams `rx` and `tx` of an accelerator, with stalls on both sides."""
    return CocotbHost(Source(dut, "rx", random, stalls), Sink(dut, "tx", random, stalls), sequence)


def over_wires(dut: Any, random: Random, sequence: int, clocks_per_bit: float) -> CocotbHost:
    """On the pins `rx` and `tx` of a serial accelerator."""
    return CocotbHost(WireSource(dut, "rx", random, clocks_per_bit), WireSink(dut, "tx", clocks_per_bit), sequence)
