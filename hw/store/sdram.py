"""The SDRAM with its controller, from requests to pins. It only connects."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.store.chip import Chip
from hw.store.controller import SdramController, Transfers
from hw.store.pins import PinSignals, SdramPins


class Sdram(wiring.Component):
    """Controller and pins.

    Parameters
    ----------
    chip, clock_hz : what it is, and how fast
    ports : the pins of a platform; without any, they are the signals `pins`

    Members
    -------
    transfers, late, ready, refreshed : `hw.store.controller.SdramController`
    pins : `hw.store.pins.PinSignals`
    """

    def __init__(self, chip: Chip, clock_hz: int, ports: Any = None) -> None:
        self.chip, self.ports = chip, ports
        self.controller = SdramController(chip, clock_hz)
        self.registers = SdramPins(chip, ports)
        members = {
            "transfers": In(Transfers(chip)),
            "late": In(1, init=1),
            "ready": Out(1),
            "refreshed": Out(1),
        }
        super().__init__(members if ports else members | {"pins": Out(PinSignals(chip))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.controller = controller = self.controller
        m.submodules.registers = registers = self.registers
        connect(m, flipped(self.transfers), controller.transfers)
        connect(m, controller.bus, registers.bus)
        m.d.comb += [
            controller.late.eq(self.late),
            self.ready.eq(controller.ready),
            self.refreshed.eq(controller.refreshed),
        ]
        if not self.ports:
            connect(m, registers.signals, flipped(self.pins))
        return m
