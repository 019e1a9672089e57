"""Drives the engine's streams as the link does: configuration, tables, rows, samples."""

from random import Random
from typing import Any

import numpy as np

from hw.counters import WALK
from hw.engine_ports import COUNTERS_ADDRESS, PRNG_ADDRESS, SAMPLES_ADDRESS, SIGNATURE_ADDRESS, SIGNATURE_PLACE
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.frames import COUNTERS, image_bytes
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.registers import configuration_bytes
from sw.contract.requests import tables
from sw.contract.state import State
from sw.contract.table import ENTRIES
from sw.data.packed import packed

ADDRESS_BITS = 12  # of `hw.engine_ports.TABLE_LAYOUT`


class EngineDriver:
    """The link's side of `hw.engine_ports.EnginePorts`, with random stalls on every stream."""

    def __init__(self, dut: Any, geometry: Geometry, random: Random) -> None:
        self.dut, self.geometry = dut, geometry
        names = ("configuration", "table", "row", "row_write", "sample", "pixels", "prng_write", "state_write")
        self.sources = {name: Source(dut, f"link__{name}", random) for name in names}
        self.row_read = Sink(dut, "link__row_read", random)
        self.prediction = Sink(dut, "link__prediction", random)
        dut.link__reset.value = dut.link__bad_frame.value = dut.link__report_read.value = 0

    async def idle(self, cycles: int = 1_000_000) -> None:
        """Until every source is drained and the engine is not busy; AssertionError after `cycles`."""
        for source in self.sources.values():
            await source.drained()
        for _ in range(cycles):
            await self.dut.clk.rising_edge
            if self.dut.link__busy.value == 0:
                return
        raise AssertionError(f"the engine is busy after {cycles} cycles")

    async def configure(self, network: Network, weights: list[np.ndarray], samples: int = 0, signature: int = 0) -> None:
        """Registers, tables, weights and state, in the order that the host uses."""
        self.sources["configuration"].send(configuration_bytes(network, self.geometry))
        await self.idle()
        for number, table in tables(network, self.geometry):
            self.sources["table"].send((2 * ENTRIES * number + j) | value << ADDRESS_BITS for j, value in enumerate(table))
        for first, layer in zip(network.first_rows, weights, strict=True):
            for row, values in enumerate(layer):
                self.sources["row"].send([1 | (first + row) << 1 | len(values) << 17])
                self.sources["row_write"].send(values.tobytes())
        self.sources["prng_write"].send([network.prng])
        rest = signature.to_bytes(4, "little") + samples.to_bytes(8, "little")
        self.sources["state_write"].send(place | byte << 4 for place, byte in enumerate(rest, SIGNATURE_PLACE))
        await self.idle()

    async def read_row(self, row: int, count: int) -> np.ndarray:
        """Columns 0 … count-1 of a row, through the row port."""
        self.sources["row"].send([row << 1 | count << 17])
        return np.frombuffer(bytes(await self.row_read.take(count)), np.int8)

    def send(self, pixels: np.ndarray, labels: np.ndarray, train: bool = True) -> None:
        """Queue samples."""
        images = packed(pixels)
        assert images.shape[1] == image_bytes(pixels.shape[1])
        self.sources["sample"].send(int(train) | int(label) << 1 for label in labels)
        last = images.shape[1] - 1
        self.sources["pixels"].send(int(byte) | (i == last) << 8 for image in images for i, byte in enumerate(image))

    async def told(self, address: int, words: int = 4) -> int:
        """A number of the engine's report, of 16 bits a word; everything that has happened is in it."""
        await cycles(self.dut, WALK + 2)
        number = 0
        for i in range(words):
            self.dut.link__report_read.value, self.dut.link__report_address.value = 1, address + i
            await cycles(self.dut, 2)
            self.dut.link__report_read.value = 0
            await self.dut.clk.falling_edge
            number |= int(self.dut.link__report_word.value) << 16 * i
            await self.dut.clk.rising_edge
        return number

    async def state(self) -> State:
        """Random word, signature and number of the training samples."""
        prng, signature = await self.told(PRNG_ADDRESS, 2), await self.told(SIGNATURE_ADDRESS, 2)
        return State(prng, await self.told(SAMPLES_ADDRESS), signature)

    async def counters(self) -> dict[str, int]:
        """The engine's counters by name."""
        return {name: await self.told(COUNTERS_ADDRESS + 4 * i) for i, name in enumerate(COUNTERS)}
