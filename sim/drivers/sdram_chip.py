"""The chip of `sim.drivers.sdram_rules` at the pins of a design under cocotb."""

from random import Random
from typing import Any

import cocotb
from cocotb.triggers import Timer

from hw.store.chip import Chip
from sim.drivers.bench import CLOCK_PERIOD_NS
from sim.drivers.sdram_rules import Pins, SdramRules

PS = 1000
WAY_NS = 6.0
"""From the design's clock to the edge at the chip and back to the register of the data pins: output cell, board, input cell."""


class SdramChip:
    """Watches `prefix`__… of the design (`hw.store.pins.PinSignals`) at every edge of its pin clock, and drives the data pins.

    A word is there from t_ac behind the edge to t_oh behind the next one, both later by `way_ns`; before and after it, other
    bits. Times are those of a clock of `clock_hz`, whatever the bench's clock is. A violation fails the bench.
    """

    def __init__(
        self, dut: Any, chip: Chip, clock_hz: int, random: Random, *, prefix: str = "pins", way_ns: float = WAY_NS
    ) -> None:
        self.rules = SdramRules(chip, random.getrandbits(32))
        self.period = round(1e12 / clock_hz)
        self.random, self.chip, self.way = random, chip, round(way_ns * PS)
        names = ("cke", "cs_n", "ras_n", "cas_n", "we_n", "ba", "a", "dqm", "dq_o")
        self.clock, self.drives, self.dq = (getattr(dut, f"{prefix}__{name}") for name in ("clk", "dq_oe", "dq_i"))
        self.pins = [getattr(dut, f"{prefix}__{name}") for name in names]
        self.task = cocotb.start_soon(self._run())

    async def _run(self) -> None:
        time, driving = 0, None
        self._disturb()
        while True:
            await self.clock.rising_edge
            time += self.period
            levels = [int(pin.value) for pin in self.pins]
            if not self.drives.value:
                levels[-1] = None
            word = self.rules.edge(time, Pins(*levels))
            if driving is not None or word is not None:
                cocotb.start_soon(self._drive(word))
            driving = word

    async def _drive(self, word: int | None) -> None:
        await self._wait(round(self.chip.t_oh * PS) + self.way)
        self._disturb()
        if word is not None:
            await self._wait(round((self.chip.t_ac - self.chip.t_oh) * PS))
            self.dq.value = word

    async def _wait(self, ps: int) -> None:
        await Timer(max(1, ps * CLOCK_PERIOD_NS * PS // self.period), unit="ps")

    def _disturb(self) -> None:
        self.dq.value = self.random.getrandbits(self.chip.width)
